using Nexo.Engine.Store;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Store requests on hashes.</summary>
internal static class StoreHashHandlers
{
    public static void Set(in Request request)
    {
        if (!HashSetRequest.TryRead(request.Body, out HashSetRequest set))
        {
            request.FailMalformed();
            return;
        }

        if (!StoreBulkHandlers.MayRun(request, set.Pairs.Count, replyItemSizeMin: 0))
        {
            return;
        }

        if (request.Denies(AccessBroker.Store, AccessOperation.Write, set.Key))
        {
            return;
        }

        var pairs = new PairSource(set.Pairs);
        StoreStatus status = request.Store.HashSet(set.Key, ref pairs, out int added, out ulong version);
        StoreValueHandlers.ReplyNumber(request, status, added, version);
    }

    public static void Get(in Request request)
    {
        if (!KeyedRequest.TryRead(request.Body, out KeyedRequest get))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Store, AccessOperation.Read, get.Key))
        {
            return;
        }

        FrameBuffer reply = StoreValueHandlers.BeginValue(request);
        StoreStatus status = request.Store.HashGet(get.Key, get.Operand, reply, out ulong version);
        StoreValueHandlers.EndValue(request, reply, status, version);
    }

    public static void MultiGet(in Request request)
    {
        if (!HashFieldsRequest.TryRead(request.Body, out HashFieldsRequest get))
        {
            request.FailMalformed();
            return;
        }

        if (!StoreBulkHandlers.MayRun(request, get.Fields.Count, MultiValueReply.ItemFixedSize))
        {
            return;
        }

        if (request.Denies(AccessBroker.Store, AccessOperation.Read, get.Key))
        {
            return;
        }

        FrameBuffer reply = request.BeginReply();
        reply.WriteUInt32(get.Fields.Count);
        var fields = new BlobSource(get.Fields);
        var sink = new FieldSink(reply, request.Connection.BodyBytesMax);
        StoreStatus status = request.Store.HashMultiGet(get.Key, ref fields, ref sink, out _);
        if (sink.IsFull)
        {
            request.AbandonAndFail(ErrorCode.ReplyTooLarge, "The values do not fit one frame; ask for fewer fields.");
            return;
        }

        switch (status)
        {
            case StoreStatus.Ok:
                reply.End();
                break;
            case StoreStatus.NotFound:
                for (uint i = 0; i < get.Fields.Count; i++)
                {
                    MultiValueReply.WriteItem(reply, ErrorCode.None, found: false, version: 0, valueLength: 0);
                }

                reply.End();
                break;
            default:
                reply.Abandon();
                StoreFailures.Fail(request, status);
                break;
        }
    }

    public static void Delete(in Request request)
    {
        if (!HashFieldsRequest.TryRead(request.Body, out HashFieldsRequest delete))
        {
            request.FailMalformed();
            return;
        }

        if (!StoreBulkHandlers.MayRun(request, delete.Fields.Count, replyItemSizeMin: 0))
        {
            return;
        }

        if (request.Denies(AccessBroker.Store, AccessOperation.Write, delete.Key))
        {
            return;
        }

        var fields = new BlobSource(delete.Fields);
        StoreStatus status = request.Store.HashDelete(delete.Key, ref fields, out int removed);
        ReplyCountOrZero(request, status, removed);
    }

    public static void GetAll(in Request request)
    {
        if (request.Denies(AccessBroker.Store, AccessOperation.Read, request.Body))
        {
            return;
        }

        FrameBuffer reply = request.BeginReply();
        reply.WriteUInt64(0);
        int countAt = reply.BodyCount;
        reply.WriteUInt32(0);
        var sink = new HashSink(reply, request.Connection.BodyBytesMax);
        StoreStatus status = request.Store.HashGetAll(request.Body, ref sink, out ulong version);
        if (sink.IsFull)
        {
            request.AbandonAndFail(
                ErrorCode.ReplyTooLarge, "The hash does not fit one frame; read its fields with HASH MULTI GET.");
            return;
        }

        if (status == StoreStatus.Ok)
        {
            reply.PatchUInt32(countAt, sink.Count);
        }

        StoreValueHandlers.EndValue(request, reply, status, version);
    }

    public static void Increment(in Request request)
    {
        if (!HashIncrementRequest.TryRead(request.Body, out HashIncrementRequest increment))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Store, AccessOperation.Read, increment.Key)
            || request.Denies(AccessBroker.Store, AccessOperation.Write, increment.Key))
        {
            return;
        }

        StoreStatus status = request.Store.HashIncrement(
            increment.Key, increment.Field, increment.Delta, out long value, out ulong version);
        StoreValueHandlers.ReplyNumber(request, status, value, version);
    }

    public static void Length(in Request request)
    {
        if (request.Denies(AccessBroker.Store, AccessOperation.Read, request.Body))
        {
            return;
        }

        StoreStatus status = request.Store.HashLength(request.Body, out int fields);
        ReplyCountOrZero(request, status, fields);
    }

    private static void ReplyCountOrZero(in Request request, StoreStatus status, long count)
    {
        switch (status)
        {
            case StoreStatus.Ok: request.ReplyCount(count); break;
            case StoreStatus.NotFound: request.ReplyCount(0); break;
            default: StoreFailures.Fail(request, status); break;
        }
    }
}
