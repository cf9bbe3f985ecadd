using Nexo.Protocol;

namespace Nexo.Server.Native;

// What a connection has to do with the topics: what it has published and is still to be delivered, and what of it has failed.
internal sealed partial class NativeConnection
{
    private FailureReports? _reports;

    /// <summary>Notices that have failed. Only for the reading thread.</summary>
    public FailureReports Reports => _reports ?? Interlocked.CompareExchange(ref _reports, new FailureReports(), null) ?? _reports;

    /// <summary>The subscription of this correlation; null: there is none.</summary>
    public ISubscription? FindSubscription(uint correlation) => _open.FindSubscription(correlation);

    /// <summary>
    /// Has a request, or a notice, of the batch handled by a thread that reads nobody, which takes its time: what the client has
    /// sent behind it waits, so its answer comes in its turn.
    /// </summary>
    public void RunAside(in Request request, Action<Request> handle)
    {
        // Own the bytes here: they belong to the socket and die with the handler.
        byte[] body = request.Body.ToArray();
        var header = new FrameHeader(0, request.Opcode, FrameKind.Request, FrameFlags.None, request.Correlation);
        RunAside(() =>
        {
            handle(new Request(this, header, default, body));
            return ValueTask.CompletedTask;
        });
    }

    // Called by the sweep: a flood of failures is told some times a second.
    private void PostReport()
    {
        if (_reports is null || !IsReady || BytesPending > Connections.Outbox.RoomBytes)
        {
            return;
        }

        using var report = new FrameBuffer();
        if (_reports.TryTake(report, Server.Topics.Limits))
        {
            Post(report);
        }
    }

    /// <summary>
    /// Tells with the replies of this batch what has failed so far, so that a client can ask. Only for the reading thread.
    /// </summary>
    public void WriteReport() => _reports?.TryTake(Replies, Server.Topics.Limits);

    private void OnPublishNotice(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        CountRequest();
        ReadOnlySpan<byte> headers = default;
        bool isWellFormed = header.Flags == FrameFlags.None
            || (header.Flags == FrameFlags.Headers && HeaderBlock.TrySplit(body, out headers, out body));
        if (!isWellFormed || IsGoingAway)
        {
            CountError();
            Reports.Add(header.Opcode, header.Correlation, isWellFormed ? ErrorCode.ShuttingDown : ErrorCode.Malformed);
            return;
        }

        var notice = new Request(this, header, headers, body);
        if (header.Opcode == Opcode.TopicPublish)
        {
            TopicHandlers.PublishNotice(notice);
        }
        else
        {
            TopicHandlers.PublishBatchNotice(notice);
        }
    }
}
