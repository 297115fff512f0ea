"""Whether the JSON on the standard input is an OpenAPI document, by its specification: ends with status 1 and says why not."""

import json
import sys

from openapi_spec_validator import OpenAPIV31SpecValidator

faults = [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in OpenAPIV31SpecValidator(json.load(sys.stdin)).iter_errors()]
if faults:
    sys.exit("\n".join(faults[:20]))
