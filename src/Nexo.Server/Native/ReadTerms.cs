using Nexo.Engine.Streams;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>What a STREAM READ asks for, for longer than the request lives.</summary>
internal sealed class ReadTerms(scoped in StreamReadRequest request)
{
    public byte[] Stream { get; } = request.Stream.ToArray();

    /// <summary>Empty: all records.</summary>
    public byte[] Key { get; } = request.Key.ToArray();

    public StreamPlace From { get; } = request.From.ToEngine();

    public bool Backward { get; } = (request.From.Flags & PositionFlags.Backward) != 0;

    public uint WaitMs { get; } = request.WaitMs;

    public int RecordsMax { get; } = (int)Math.Min(request.RecordsMax, int.MaxValue);

    /// <summary>0: as many as a frame holds.</summary>
    public uint BytesMax { get; } = request.BytesMax;

    /// <summary>Whether it is to wait when there is nothing yet.</summary>
    public bool Waits => WaitMs > 0 && !Backward;
}
