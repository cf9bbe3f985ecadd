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
}
