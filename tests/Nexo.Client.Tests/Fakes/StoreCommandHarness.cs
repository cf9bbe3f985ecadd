using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>A connected client, and a server that checks one request and answers it.</summary>
public abstract class StoreCommandHarness : IAsyncLifetime
{
    private readonly FakeServer _server = new();

    protected NexoClient Client { get; private set; } = null!;

    private protected FakePeer Peer { get; private set; } = null!;

    protected NexoStore Store => Client.Store;

    public async ValueTask InitializeAsync() => (Client, Peer) = await _server.ConnectAsync(change: Change);

    public virtual async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await _server.DisposeAsync();
    }

    /// <summary>The options that the client is made with.</summary>
    private protected virtual NexoClientOptions Change(NexoClientOptions options) => options;

    protected static Action<byte[]> KeyIs(string expected) => body => Assert.Equal(expected, body.Text());

    protected static Action<byte[]> KeyIs(byte[] expected) => body => Assert.Equal(expected, body);

    protected static Action<byte[]> ExpiryIs(string key, StoreExpiry expiry) => body =>
    {
        Assert.True(ExpiryRequest.TryRead(body, out ExpiryRequest request));
        Assert.Equal(key, request.Key.Text());
        Assert.Equal(expiry, request.Expiry);
    };

    protected static Action<byte[]> ListIs(params string[] expected) => body =>
    {
        Assert.True(BlobList.TryRead(body, out BlobList list));
        AssertList(list, expected);
    };

    private protected static void AssertList(BlobList list, string[] expected)
    {
        var got = new List<string>();
        while (list.TryTake(out ReadOnlySpan<byte> item))
        {
            got.Add(item.Text());
        }

        Assert.Equal(expected, got);
    }

    protected static async Task<List<StoreKey>> CollectAsync(IAsyncEnumerable<StoreKey> keys)
    {
        var all = new List<StoreKey>();
        await foreach (StoreKey key in keys)
        {
            all.Add(key);
        }

        return all;
    }

    protected async Task<T> Call<T>(ValueTask<T> call, Opcode opcode, Action<byte[]> check, Action<FrameBuffer>? answer)
    {
        Task<T> task = call.AsTask();
        ReceivedFrame frame = await Peer.ReadAsync(opcode);
        Assert.Equal(FrameKind.Request, frame.Header.Kind);
        check(frame.Body);
        await Peer.ReplyAsync(frame, answer);
        return await task.WaitAsync(Patience.Limit);
    }
}
