namespace Nexo.Cli.Store.Transfer;

/// <summary>
/// One entry as it is loaded and dumped. Either <see cref="Hash"/> is there, or <see cref="Value"/> holds the value.
/// </summary>
internal readonly record struct StoreRecord(byte[] Key, byte[] Value)
{
    public IReadOnlyList<KeyValuePair<byte[], byte[]>>? Hash { get; init; }

    /// <summary>Milliseconds to live, 1 or more.</summary>
    public long? TtlMs { get; init; }

    /// <summary>Milliseconds since the Unix epoch.</summary>
    public long? ExpiresAtMs { get; init; }
}
