using Nexo.Engine.Store;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Store requests over many keys.</summary>
internal static class StoreBulkHandlers
{
    // A page is a unit of fairness too: no single reply keeps other connections waiting long.
    private const int ScanPageBytesMax = 256 * 1_024;

    /// <summary>
    /// True when a request over so many items may run: it holds the thread that reads others too. Else it was answered.
    /// </summary>
    public static bool MayRun(in Request request, uint items, int replyItemSizeMin)
    {
        if (items > BlobList.ItemsMax)
        {
            request.Fail(ErrorCode.InvalidArgument, "A request has at most 65,536 items; send several.");
            return false;
        }

        if (sizeof(uint) + ((long)items * replyItemSizeMin) > request.Connection.BodyBytesMax)
        {
            request.Fail(ErrorCode.ReplyTooLarge, "The answer does not fit one frame; ask with fewer items.");
            return false;
        }

        return true;
    }

    public static void MultiGet(in Request request)
    {
        if (!BlobList.TryRead(request.Body, out BlobList keys))
        {
            request.FailMalformed();
            return;
        }

        if (!MayRun(request, keys.Count, MultiValueReply.ItemFixedSize))
        {
            return;
        }

        if (DeniesKeys(request, AccessOperation.Read, keys))
        {
            return;
        }

        int bodyBytesMax = request.Connection.BodyBytesMax;
        FrameBuffer reply = request.BeginReply();
        reply.WriteUInt32(keys.Count);
        while (keys.TryTake(out ReadOnlySpan<byte> key))
        {
            int start = reply.BodyCount;
            MultiValueReply.WriteItem(reply, ErrorCode.None, found: false, version: 0, valueLength: 0);
            StoreStatus status = request.Store.Get(key, reply, out ulong version);
            if (reply.BodyCount > bodyBytesMax)
            {
                request.AbandonAndFail(ErrorCode.ReplyTooLarge, "The values do not fit one frame; ask for fewer keys.");
                return;
            }

            if (status is StoreStatus.Ok)
            {
                uint length = (uint)(reply.BodyCount - start - MultiValueReply.ItemFixedSize);
                MultiValueReply.PatchItem(reply, start, ErrorCode.None, found: true, version, length);
            }
            else if (status is not StoreStatus.NotFound)
            {
                MultiValueReply.PatchItem(
                    reply, start, StoreFailures.CodeOf(status), found: false, version: 0, valueLength: 0);
            }
        }

        reply.End();
    }

    public static void MultiSet(in Request request)
    {
        if (!MultiSetRequest.TryRead(request.Body, out MultiSetRequest set))
        {
            request.FailMalformed();
            return;
        }

        if (!MayRun(request, set.Pairs.Count, MultiSetRequest.ReplyItemSize))
        {
            return;
        }

        if (DeniesPairs(request, set.Pairs))
        {
            return;
        }

        var options = new SetOptions { Expiry = set.Expiry.ToEngine() };
        FrameBuffer reply = request.BeginReply();
        reply.WriteUInt32(set.Pairs.Count);
        while (set.Pairs.TryTake(out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value))
        {
            StoreStatus status = request.Store.Set(key, value, options, previous: null, out SetResult result);
            ErrorCode error = status == StoreStatus.Ok ? ErrorCode.None : StoreFailures.CodeOf(status);
            MultiSetRequest.WriteReplyItem(reply, error, result.Version);
        }

        reply.End();
    }

    public static void MultiDelete(in Request request)
    {
        if (!BlobList.TryRead(request.Body, out BlobList keys))
        {
            request.FailMalformed();
            return;
        }

        if (!MayRun(request, keys.Count, replyItemSizeMin: 0))
        {
            return;
        }

        if (DeniesKeys(request, AccessOperation.Write, keys))
        {
            return;
        }

        long deleted = 0;
        while (keys.TryTake(out ReadOnlySpan<byte> key))
        {
            StoreStatus status = request.Store.Delete(key, default, out _);
            if (status is StoreStatus.LogFailed or StoreStatus.DiskFull)
            {
                StoreFailures.Fail(request, status);
                return;
            }

            deleted += status == StoreStatus.Ok ? 1 : 0;
        }

        request.ReplyCount(deleted);
    }

    public static void Scan(in Request request)
    {
        if (!ScanRequest.TryRead(request.Body, out ScanRequest scan))
        {
            request.FailMalformed();
            return;
        }

        if (scan.Limit is 0 or > ScanRequest.LimitMax)
        {
            request.Fail(ErrorCode.InvalidArgument, "The limit of a scan is 1 to 10,000 keys.");
            return;
        }

        if (request.DeniesPrefix(AccessBroker.Store, AccessOperation.Read, scan.Prefix))
        {
            return;
        }

        using var keys = new FrameBuffer();
        using var cursor = new FrameBuffer();
        var sink = new ScanSink(keys, Math.Min(ScanPageBytesMax, request.Connection.BodyBytesMax / 2));
        StoreStatus status = request.Store.Scan(scan.Prefix, scan.Cursor, (int)scan.Limit, ref sink, cursor);
        if (status != StoreStatus.Ok)
        {
            StoreFailures.Fail(request, status);
            return;
        }

        FrameBuffer reply = request.BeginReply();
        reply.WriteBlob(cursor.Written.Span);
        reply.WriteUInt32(sink.Count);
        reply.Write(keys.Written.Span);
        reply.End();
    }

    public static void Count(in Request request)
    {
        if (request.DeniesPrefix(AccessBroker.Store, AccessOperation.Read, request.Body))
        {
            return;
        }

        StoreCounting counting = request.Store.Count(request.Body);
        request.Connection.RunSliced(request, counting.MoveNext, () => new SlicedResult(counting.Total));
    }

    public static void Clear(in Request request)
    {
        if (request.DeniesPrefix(AccessBroker.Store, AccessOperation.Manage, request.Body))
        {
            return;
        }

        StoreClearing clearing = request.Store.Clear(request.Body);
        request.Connection.RunSliced(request, clearing.MoveNext, () => ResultOf(clearing));
    }

    // All or none: who may not have one of the keys is told so of the request.
    private static bool DeniesKeys(in Request request, AccessOperation operation, BlobList keys)
    {
        if (ReferenceEquals(request.Connection.Access, Access.Everything))
        {
            return false;
        }

        while (keys.TryTake(out ReadOnlySpan<byte> key))
        {
            if (request.Denies(AccessBroker.Store, operation, key))
            {
                return true;
            }
        }

        return false;
    }

    private static bool DeniesPairs(in Request request, PairList pairs)
    {
        if (ReferenceEquals(request.Connection.Access, Access.Everything))
        {
            return false;
        }

        while (pairs.TryTake(out ReadOnlySpan<byte> key, out _))
        {
            if (request.Denies(AccessBroker.Store, AccessOperation.Write, key))
            {
                return true;
            }
        }

        return false;
    }

    private static SlicedResult ResultOf(StoreClearing clearing) => clearing.Status == StoreStatus.Ok
        ? new SlicedResult(clearing.Total)
        : new SlicedResult(
            clearing.Total, StoreFailures.CodeOf(clearing.Status), StoreFailures.MessageOf(clearing.Status));
}
