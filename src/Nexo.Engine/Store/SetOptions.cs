namespace Nexo.Engine.Store;

/// <summary>What a SET asks for beside its key and value.</summary>
public readonly ref struct SetOptions
{
    public StoreCondition Condition { get; init; }

    public StoreExpiry Expiry { get; init; }
}

/// <summary>What a SET did.</summary>
/// <param name="Stored">The condition held and the value was taken (also when its absolute expiry had already
/// passed).</param>
/// <param name="PreviousFound">There was an entry before.</param>
/// <param name="Version">The new version; when the condition failed, the version of the entry that is there (0:
/// none).</param>
public readonly record struct SetResult(bool Stored, bool PreviousFound, ulong Version);
