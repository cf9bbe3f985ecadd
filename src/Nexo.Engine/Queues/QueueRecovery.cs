using Nexo.Storage;

namespace Nexo.Engine.Queues;

/// <summary>Rebuilds the queues from records: those of a snapshot, then those of the log behind its position, on one thread.</summary>
public sealed class QueueRecovery : IRecordSink
{
    internal QueueRecovery()
    {
    }

    /// <summary>Whether records of this kind are the queues'.</summary>
    public static bool Takes(byte kind) => throw new NotImplementedException();

    /// <exception cref="InvalidDataException">None that this version of the queues can have written.</exception>
    public void OnRecord(Lsn lsn, byte kind, ReadOnlySpan<byte> payload) => throw new NotImplementedException();

    /// <summary>
    /// All records have come: what was leased is given back, and logged as such; the queues take commands, which are logged from now on.
    /// After the store's, whose clock goes on first.
    /// </summary>
    public void Complete(ILogWriter? log = null) => throw new NotImplementedException();
}
