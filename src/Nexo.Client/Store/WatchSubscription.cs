using System.Threading.Channels;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>
/// One opening of a watch on one connection. It holds no more changes than it gave credits for.
/// </summary>
internal sealed class WatchSubscription : Subscription
{
    private readonly Channel<StoreChangeEvent> _changes = Channel.CreateUnbounded<StoreChangeEvent>(
        new UnboundedChannelOptions { SingleReader = true });

    private CreditWindow _window;

    private WatchSubscription(int credits) => _window = new CreditWindow(credits);

    /// <summary>Why it ended; null while it lasts and after a normal end.</summary>
    public NexoException? Error { get; private set; }

    public static async ValueTask<WatchSubscription> OpenAsync(
        NexoClient client, NexoKey prefix, TimeSpan timeout, CancellationToken cancel)
    {
        var subscription = new WatchSubscription(client.Options.WatchBuffer);
        FrameBuffer body = RequestBodies.Rent();
        new WatchRequest { Credits = (uint)client.Options.WatchBuffer, Prefix = prefix.ToBytes().Span }.Write(body);
        await client.CallAsync<EmptyReader, bool>(
            Opcode.StoreWatch, CallTraits.Idempotent, body, default, timeout, cancel, subscription).ConfigureAwait(
                false);
        return subscription;
    }

    /// <summary>False at the end.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancel) => _changes.Reader.WaitToReadAsync(cancel);

    public bool TryTake(out StoreChangeEvent change)
    {
        if (!_changes.Reader.TryRead(out change))
        {
            return false;
        }

        _window.Release(this);
        return true;
    }

    public void Stop()
    {
        Connection?.Stop(this);
        _changes.Writer.TryComplete();
    }

    public override bool OnPush(ReadOnlySpan<byte> body)
    {
        if (!WatchPush.TryRead(body, out WatchPush push) || !_window.TryHold())
        {
            return false;
        }

        // Own the key's bytes here: they die with the read.
        StoreChangeEvent change = push.Change == StoreChange.Missed
            ? new(StoreChange.Missed, NexoKey.Empty, 0, (long)Math.Min(push.Version, long.MaxValue))
            : new(push.Change, push.Key.ToArray(), push.Version, 0);
        _changes.Writer.TryWrite(change);
        return true;
    }

    public override void OnEnd(NexoException? error)
    {
        Error = error;
        _changes.Writer.TryComplete();
    }
}
