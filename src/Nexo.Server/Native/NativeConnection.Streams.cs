namespace Nexo.Server.Native;

// What a connection has to do with the streams.
internal sealed partial class NativeConnection
{
    private StreamReadTurns? _streamReads;

    /// <summary>Its reads of streams.</summary>
    public StreamReadTurns StreamReads =>
        _streamReads ?? Interlocked.CompareExchange(ref _streamReads, new StreamReadTurns(this), null) ?? _streamReads;
}
