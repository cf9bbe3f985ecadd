namespace Nexo.Server.Native;

// What a connection has to do with the streams.
internal sealed partial class NativeConnection
{
    private StreamReadTurns? _streamReads;
    private ConnectionMembers? _members;

    /// <summary>Its reads of streams.</summary>
    public StreamReadTurns StreamReads =>
        _streamReads ?? Interlocked.CompareExchange(ref _streamReads, new StreamReadTurns(this), null) ?? _streamReads;

    /// <summary>What it is in groups of streams.</summary>
    public ConnectionMembers Members =>
        _members ?? Interlocked.CompareExchange(ref _members, new ConnectionMembers(), null) ?? _members;
}
