using System.Text;
using Nexo.Engine.Streams;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests about streams as such: what they are set to, how they are, and their end.</summary>
internal static class StreamAdminHandlers
{
    // A page is a unit of fairness too, as that of a scan.
    private const int ListPageBytesMax = 256 * 1_024;

    public static void Create(in Request request)
    {
        if (!StreamCreateRequest.TryRead(request.Body, out StreamCreateRequest create))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Manage, create.Name))
        {
            return;
        }

        if (!StreamOptionReader.TryRead(request, create.Options, out StreamOptionSet options))
        {
            return;
        }

        StreamStatus status = request.Streams.Create(create.Name, options, out StreamDeclared declared);
        if (status != StreamStatus.Ok)
        {
            StreamFailures.FailDefinition(request, status, declared);
            return;
        }

        request.AwaitDiskIf(declared.Waits);
        FrameBuffer reply = request.BeginReply();
        StreamCreateReply.WriteStart(reply, declared.Created, declared.Definition!.Revision);
        StreamConversions.Write(reply, declared.Definition.Options);
        reply.End();
    }

    public static void Update(in Request request)
    {
        if (!StreamUpdateRequest.TryRead(request.Body, out StreamUpdateRequest update))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Manage, update.Name))
        {
            return;
        }

        if (!StreamOptionReader.TryRead(request, update.Options, out StreamOptionSet options))
        {
            return;
        }

        StreamStatus status = request.Streams.Update(update.Name, update.Revision, options, out StreamDeclared updated);
        if (status != StreamStatus.Ok)
        {
            StreamFailures.FailDefinition(request, status, updated);
            return;
        }

        request.AwaitDiskIf(updated.Waits);
        FrameBuffer reply = request.BeginReply();
        StreamUpdateReply.WriteStart(reply, updated.Definition!.Revision);
        StreamConversions.Write(reply, updated.Definition.Options);
        reply.End();
    }

    public static void Describe(in Request request)
    {
        if (request.Denies(AccessBroker.Streams, AccessOperation.Read, request.Body))
        {
            return;
        }

        StreamStatus status = request.Streams.Describe(request.Body, out StreamDefinition? definition, out StreamRange range);
        if (status != StreamStatus.Ok)
        {
            StreamFailures.Fail(request, status);
            return;
        }

        FrameBuffer reply = request.BeginReply();
        StreamDescribeReply.WriteStart(reply, definition!.Revision, range.ToWire());
        StreamConversions.Write(reply, definition.Options);
        reply.End();
    }

    public static void List(in Request request)
    {
        if (!ScanRequest.TryRead(request.Body, out ScanRequest list))
        {
            request.FailMalformed();
            return;
        }

        if (list.Limit is 0 or > ScanRequest.LimitMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"limit: 1 to {ScanRequest.LimitMax} streams.");
            return;
        }

        if (request.DeniesPrefix(AccessBroker.Streams, AccessOperation.Read, list.Prefix))
        {
            return;
        }

        IReadOnlyList<StreamSummary> found = request.Streams.List(list.Prefix, list.Cursor, (int)list.Limit);
        using var items = new FrameBuffer();
        uint count = 0;
        int bytesMax = Math.Min(ListPageBytesMax, request.Connection.BodyBytesMax / 2);
        while (count < found.Count && items.Count < bytesMax)
        {
            Write(items, found[(int)count]);
            count++;
        }

        // The cursor is the last name: a page that is not full is the end.
        bool isEnd = count == found.Count && found.Count < list.Limit;
        byte[] cursor = isEnd || count == 0 ? [] : Encoding.UTF8.GetBytes(found[(int)count - 1].Name);
        FrameBuffer reply = request.BeginReply();
        StreamListReply.WriteStart(reply, cursor, count);
        reply.Write(items.Written.Span);
        reply.End();
    }

    public static void Trim(in Request request)
    {
        if (!StreamTrimRequest.TryRead(request.Body, out StreamTrimRequest trim))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Manage, trim.Name))
        {
            return;
        }

        StreamService streams = request.Streams;
        FrameHeader head = request.ErrorHead;
        byte[] name = trim.Name.ToArray();
        var by = (StreamTrimBy)trim.By;
        ulong value = trim.Value;
        PooledRequest.Run(request, answer =>
        {
            StreamStatus status = streams.Trim(name, by, value, out long first, out bool waits);
            if (status != StreamStatus.Ok)
            {
                streams.Describe(name, out _, out StreamRange range);
                StreamFailures.WriteFrame(answer, head, status, range, streams.Limits);
                return false;
            }

            answer.Begin(Opcode.StreamTrim, FrameKind.Reply, head.Correlation);
            new StreamTrimReply((ulong)first).Write(answer);
            answer.End();
            return waits;
        });
    }

    public static void Delete(in Request request)
    {
        if (!StreamDeleteRequest.TryRead(request.Body, out StreamDeleteRequest delete))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Manage, delete.Name))
        {
            return;
        }

        bool ifUnused = (delete.Conditions & StreamDeleteConditions.IfUnused) != 0;
        StreamStatus status = request.Streams.Delete(delete.Name, ifUnused, out long records, out bool waits);
        if (status != StreamStatus.Ok)
        {
            StreamFailures.Fail(request, status);
            return;
        }

        request.AwaitDiskIf(waits);
        request.ReplyCount(records);
    }

    public static void Stats(in Request request)
    {
        if (request.Body.IsEmpty
            ? request.DeniesAdmin(AccessOperation.Read)
            : request.Denies(AccessBroker.Streams, AccessOperation.Read, request.Body))
        {
            return;
        }

        StreamStats? stats;
        if (request.Body.IsEmpty)
        {
            stats = request.Streams.Totals;
        }
        else if (request.Streams.Stats(request.Body, out stats) is var status && status != StreamStatus.Ok)
        {
            StreamFailures.Fail(request, status);
            return;
        }

        FrameBuffer reply = request.BeginReply();
        StreamConversions.Write(reply, stats!);
        reply.End();
    }

    private static void Write(FrameBuffer items, StreamSummary stream) => new StreamListItem
    {
        Range = stream.Range.ToWire(),
        Bytes = (ulong)stream.Bytes,
        Name = Encoding.UTF8.GetBytes(stream.Name),
    }.Write(items);
}
