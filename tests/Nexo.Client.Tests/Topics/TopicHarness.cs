using System.Text;
using Nexo.Protocol;

namespace Nexo.Client.Tests;

/// <summary>A connected client, and a server that takes and gives messages of topics.</summary>
public abstract class TopicHarness : StoreCommandHarness
{
    protected NexoTopics Topics => Client.Topics;

    private protected static readonly TopicPublishOptions WithHeaders = new() { Headers = [new("a", "1"), new("b", "2")] };

    private protected static Action<byte[]> TextIs(string expected) => body => Assert.Equal(expected, body.Text());

    private protected static Action<FrameBuffer> Published(uint receivers, uint bindings = 0) =>
        buffer => new TopicPublishReply(receivers, bindings).Write(buffer);

    /// <summary>A message, as a server gives it.</summary>
    private protected sealed record Given(string Topic, string Body = "hello")
    {
        public bool IsRetained { get; init; }

        public KeyValuePair<string, string>[] Headers { get; init; } = [];

        public void Write(FrameBuffer buffer)
        {
            using var headers = new FrameBuffer();
            HeaderBlock.Write(headers, Headers);
            new PublishedMessage
            {
                Flags = IsRetained ? PublishedFlags.Retained : PublishedFlags.None,
                Topic = Encoding.UTF8.GetBytes(Topic),
                Headers = headers.Written.Span[sizeof(ushort)..],
                Body = Encoding.UTF8.GetBytes(Body),
            }.Write(buffer);
        }
    }

    private protected static Task PushAsync(FakePeer peer, ReceivedFrame subscribe, params Given[] messages) =>
        PushAsync(peer, subscribe, 0, messages);

    private protected static Task PushAsync(FakePeer peer, ReceivedFrame subscribe, ulong missed, params Given[] messages) =>
        peer.SendAsync(buffer =>
        {
            buffer.Begin(Opcode.TopicSubscribe, FrameKind.Push, subscribe.Correlation);
            TopicPush.WriteStart(buffer, missed, (uint)messages.Length);
            foreach (Given message in messages)
            {
                message.Write(buffer);
            }

            buffer.End();
        });

    private protected static Task EndAsync(FakePeer peer, ReceivedFrame subscribe, ErrorCode code = ErrorCode.None) =>
        peer.SendAsync(buffer => ErrorBody.WriteFrame(
            buffer, Opcode.TopicSubscribe, FrameKind.End, subscribe.Correlation, code, "over"));

    private protected static string[] Texts(BlobList list)
    {
        var texts = new List<string>();
        while (list.TryTake(out ReadOnlySpan<byte> item))
        {
            texts.Add(item.Text());
        }

        return [.. texts];
    }

    private protected static string[] FiltersOf(ReceivedFrame subscribe)
    {
        Assert.True(TopicSubscribeRequest.TryRead(subscribe.Body, out TopicSubscribeRequest request));
        return Texts(request.Filters);
    }

    /// <summary>What a change of filters asks for.</summary>
    private protected static (uint Subscription, string[] Added, string[] Removed) ChangeOf(ReceivedFrame frame)
    {
        Assert.True(TopicFiltersRequest.TryRead(frame.Body, out TopicFiltersRequest request));
        return (request.Subscription, Texts(request.Added), Texts(request.Removed));
    }

    private protected static async Task<ReceivedFrame> AcceptSubscriptionAsync(FakePeer peer, params string[] filters)
    {
        ReceivedFrame subscribe = await peer.ReadAsync(Opcode.TopicSubscribe);
        Assert.Equal(filters, FiltersOf(subscribe));
        await peer.ReplyAsync(subscribe);
        return subscribe;
    }

    /// <summary>A subscription that is open, with what it was opened by.</summary>
    private protected Task<(TopicSubscription<string> Subscription, ReceivedFrame Subscribe)> OpenAsync(
        TopicSubscribeOptions? options = null, params string[] filters) =>
        OpenAsync(Client, Peer, options, filters);

    private protected static async Task<(TopicSubscription<string> Subscription, ReceivedFrame Subscribe)> OpenAsync(
        NexoClient client, FakePeer peer, TopicSubscribeOptions? options, params string[] filters)
    {
        Task<TopicSubscription<string>> opening =
            client.Topics.OpenSubscriptionAsync<string>(filters, options).AsTask();
        ReceivedFrame subscribe = await AcceptSubscriptionAsync(peer, filters);
        return (await opening.WaitAsync(Patience.Limit), subscribe);
    }

    private protected static async Task<T> NextAsync<T>(IAsyncEnumerator<T> messages)
    {
        Assert.True(await messages.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
        return messages.Current;
    }

    private protected static async Task<NexoException> RefusedAsync(Task call, ErrorCode code)
    {
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => call.WaitAsync(Patience.Limit));
        Assert.Equal(code, error.Code);
        return error;
    }

    private protected static uint CreditsOf(ReceivedFrame credit)
    {
        Assert.True(CreditNotice.TryRead(credit.Body, out CreditNotice notice));
        return notice.Credits;
    }

    /// <summary>The next frame, but for those of one kind that may come before it.</summary>
    private protected async Task<ReceivedFrame> ReadPastAsync(Opcode passed, Opcode expected)
    {
        ReceivedFrame frame = await Peer.ReadAsync();
        while (frame.Opcode == passed)
        {
            frame = await Peer.ReadAsync();
        }

        Assert.Equal(expected, frame.Opcode);
        return frame;
    }

    /// <summary>Lets the server's answer to a later request come: what it sent before has been taken by then.</summary>
    private protected async Task SettledAsync()
    {
        Task<bool> call = Client.Store.ExistsAsync("k").AsTask();
        ReceivedFrame frame = await Peer.ReadAsync();
        while (frame.Opcode != Opcode.StoreExists)
        {
            Assert.Equal(Opcode.Credit, frame.Opcode);
            frame = await Peer.ReadAsync();
        }

        await Peer.ReplyAsync(frame, Bodies.Count(1));
        await call.WaitAsync(Patience.Limit);
    }
}
