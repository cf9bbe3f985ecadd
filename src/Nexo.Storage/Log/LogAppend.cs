namespace Nexo.Storage;

/// <summary>A record that is being appended: fill <see cref="Payload"/> completely, then dispose. Holds the append lock.</summary>
public readonly ref struct LogAppend(LogAppend.IEnd owner, Span<byte> payload, Lsn lsn)
{
    private readonly IEnd _owner = owner;

    /// <summary>Ends an append: the owner's half of the scope.</summary>
    public interface IEnd
    {
        void EndAppend();
    }

    /// <summary>The place for the payload; its bytes are undefined.</summary>
    public Span<byte> Payload { get; } = payload;

    public Lsn Lsn { get; } = lsn;

    /// <summary>The record is complete.</summary>
    public void Dispose() => _owner.EndAppend();
}
