import Campaign
import Testing
