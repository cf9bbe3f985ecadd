namespace Nexo.Storage;

/// <summary>A log that also tells an engine what is durable: for those who may show only that.</summary>
public interface IDurableLog : ILogWriter
{
    /// <summary>Everything up to this record survives a power loss. Cheap.</summary>
    Lsn DurableLsn { get; }

    /// <summary>
    /// Completes when the record at this position and all before it survive a power loss; at once if they do already. To be awaited
    /// once, at once.
    /// </summary>
    /// <exception cref="WalException">That will not be: the log has failed, or was closed.</exception>
    ValueTask WhenDurableAsync(Lsn lsn);
}
