using Nexo.Protocol;

namespace Nexo.Server.Connections;

/// <summary>
/// What writes frames straight into an <see cref="Outbox"/> as there is room, and keeps by itself what there is none for. Its
/// state is guarded by the outbox's lock, so to write costs that one lock; all methods here are called under it.
/// </summary>
internal abstract class OutboxSource
{
    /// <summary>The next in the line of those that wait for room.</summary>
    internal OutboxSource? NextWaiting { get; set; }

    internal bool IsWaiting { get; set; }

    /// <summary>
    /// Writes what waits for room, as long as <see cref="Outbox.HasRoom"/>; one turn is a frame or so, since others wait too.
    /// </summary>
    /// <returns>True when more waits for nothing but room.</returns>
    protected internal abstract bool Fill();

    /// <summary>Ends its frame, which it has left open for more: others write now, or it leaves.</summary>
    protected internal abstract void CloseFrame(FrameBuffer frames);
}
