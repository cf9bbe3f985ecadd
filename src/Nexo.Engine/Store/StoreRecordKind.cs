namespace Nexo.Engine.Store;

/// <summary>
/// Kinds of the records that the store writes. The numbers are on disk: they never change their meaning.
/// </summary>
public enum StoreRecordKind : byte
{
    None = 0,

    /// <summary>What the engine's clock and the wall clock said.</summary>
    Clock = 1,

    /// <summary>An entry is this value.</summary>
    Set = 16,

    /// <summary>An entry is gone: deleted, taken, expired or evicted.</summary>
    Removed = 17,

    /// <summary>An entry has another deadline, or none.</summary>
    ExpirySet = 18,

    /// <summary>A value ends, from an offset on, in these bytes.</summary>
    Appended = 19,

    /// <summary>Fields of a hash have these values.</summary>
    FieldsSet = 20,

    /// <summary>Fields of a hash are gone; with its last one the hash is.</summary>
    FieldsRemoved = 21,

    /// <summary>A set has these members.</summary>
    MembersAdded = 22,

    /// <summary>Members of a set are gone; with its last one the set is.</summary>
    MembersRemoved = 23,

    /// <summary>Members of a sorted set have these scores.</summary>
    ScoresSet = 24,

    /// <summary>Members of a sorted set are gone; with its last one the sorted set is.</summary>
    ScoresRemoved = 25,

    /// <summary>Places in a list hold these elements.</summary>
    ElementsSet = 26,

    /// <summary>Elements of a list are gone; with its last one the list is.</summary>
    ElementsRemoved = 27,

    /// <summary>Several records of the above, which count together or not at all.</summary>
    Together = 31,
}
