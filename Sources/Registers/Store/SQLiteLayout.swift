/// How a store's database is laid out. Version 2.
///
///     meta       one row: the store's id, its life, the number of its last commit, the number of the next register, the
///                epoch below which nobody is served
///     names      shard, name and hour of a register -> its number, and at which stage it is, as lists look for it. Written when a
///                register is made or goes, or its stage changes; in the order in which shards are listed
///     records    number -> what a replica knows of the register, and when somebody has to look after it
///     rows       number and row key -> version that changed it last, value (NULL marks a removed row)
///     spans      for a register of many rows: ranges of its row keys, and the last version that changed anything there
///     leftovers  numbers of removed registers that have rows left, which the next commits take away
///     witnesses  store -> the highest commit number that was heard of it
///     horizons   shard -> hours that were closed and freed
///
/// A register has a number so that its rows do not carry its name, of up to 512 bytes, each. Numbers grow and are never used again:
/// new work is appended to the trees instead of being strewn over them, and what is left of a removed register cannot be taken for
/// another's. Checksums stand in front of values, because what follows a long value is found only by reading through it.
///
/// The file does not shrink: what is freed is used again. Other programs may read it, but must not write to it, because they do
/// not know of the checksums at the ends of its pages.
enum SQLiteLayout {
    /// "Goss", in the header of every store.
    static let applicationID: Int64 = 0x476F_7373
    /// Counted up whenever the layout changes.
    static let version: Int64 = 2

    static let schema = """
        PRAGMA page_size = 4096;
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(version);
        CREATE TABLE meta (one INTEGER PRIMARY KEY, id BLOB, life INTEGER, commits INTEGER, next INTEGER, fence INTEGER, checksum INTEGER);
        CREATE TABLE names (
            shard INTEGER, name BLOB, hour INTEGER, register INTEGER, checksum INTEGER, \(stage), PRIMARY KEY (shard, name, hour)
        ) WITHOUT ROWID;
        \(stages);
        CREATE INDEX hours ON names (shard, hour) WHERE hour >= 0;
        CREATE INDEX numbers ON names (register);
        CREATE TABLE records (
            register INTEGER PRIMARY KEY, due INTEGER, weight INTEGER, seal INTEGER, checksum INTEGER, record BLOB
        );
        CREATE INDEX dues ON records (due) WHERE due IS NOT NULL;
        CREATE TABLE rows (
            register INTEGER, key BLOB, changed INTEGER, checksum INTEGER, value BLOB, PRIMARY KEY (register, key)
        ) WITHOUT ROWID;
        CREATE TABLE spans (
            register INTEGER, first BLOB, changed INTEGER, weight INTEGER, checksum INTEGER, PRIMARY KEY (register, first)
        ) WITHOUT ROWID;
        CREATE TABLE leftovers (register INTEGER PRIMARY KEY, checksum INTEGER);
        CREATE TABLE witnesses (store BLOB PRIMARY KEY, heard INTEGER, checksum INTEGER) WITHOUT ROWID;
        CREATE TABLE horizons (shard INTEGER PRIMARY KEY, closed INTEGER, freed INTEGER, checksum INTEGER);
        """

    /// Without a checksum, as what records have to be found by: the record says it as well.
    private static let stage = "stage INTEGER NOT NULL DEFAULT \(RegisterStage.open.rawValue)"
    private static let stages = "CREATE INDEX stages ON names (stage, name, hour)"

    /// What makes this version of the one before. All registers are open then until they are written next: lists look at a register before
    /// they show it, so some are looked at in vain.
    static let fromVersion1 = """
        ALTER TABLE names ADD COLUMN \(stage);
        \(stages);
        PRAGMA user_version = 2;
        """

    /// The hour of a name that has none; before all that there are, as in the order of keys.
    static let noHour: Int64 = -1
}
