using Nexo.Engine.Store;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Store requests that read or write one value.</summary>
internal static class StoreValueHandlers
{
    public static void Get(in Request request)
    {
        if (request.Denies(AccessBroker.Store, AccessOperation.Read, request.Body))
        {
            return;
        }

        FrameBuffer reply = BeginValue(request);
        StoreStatus status = request.Store.Get(request.Body, reply, out ulong version);
        EndValue(request, reply, status, version);
    }

    public static void Take(in Request request)
    {
        if (request.Denies(AccessBroker.Store, AccessOperation.Read, request.Body)
            || request.Denies(AccessBroker.Store, AccessOperation.Write, request.Body))
        {
            return;
        }

        FrameBuffer reply = BeginValue(request);
        StoreStatus status = request.Store.Take(request.Body, reply, out ulong version);
        EndValue(request, reply, status, version);
    }

    public static void Touch(in Request request)
    {
        if (!ExpiryRequest.TryRead(request.Body, out ExpiryRequest touch))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Store, AccessOperation.Read, touch.Key)
            || request.Denies(AccessBroker.Store, AccessOperation.Write, touch.Key))
        {
            return;
        }

        FrameBuffer reply = BeginValue(request);
        StoreStatus status = request.Store.Touch(touch.Key, touch.Expiry.ToEngine(), reply, out ulong version);
        EndValue(request, reply, status, version);
    }

    public static void Range(in Request request)
    {
        if (!RangeRequest.TryRead(request.Body, out RangeRequest range))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Store, AccessOperation.Read, range.Key))
        {
            return;
        }

        FrameBuffer reply = BeginValue(request);
        StoreStatus status = request.Store.Range(range.Key, range.First, range.Last, reply, out ulong version);
        EndValue(request, reply, status, version);
    }

    public static void Set(in Request request)
    {
        if (SetRequest.TryReadPlain(request.Body, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value))
        {
            Set(request, key, value, default, returnPrevious: false);
        }
        else if (SetRequest.TryRead(request.Body, out SetRequest set))
        {
            var options = new SetOptions { Condition = set.Condition.ToEngine(), Expiry = set.Expiry.ToEngine() };
            Set(request, set.Key, set.Value, options, set.ReturnPrevious);
        }
        else
        {
            request.FailMalformed();
        }
    }

    private static void Set(
        in Request request, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, in SetOptions options, bool returnPrevious)
    {
        if (request.Denies(AccessBroker.Store, AccessOperation.Write, key)
            || (returnPrevious && request.Denies(AccessBroker.Store, AccessOperation.Read, key)))
        {
            return;
        }

        FrameBuffer reply = request.BeginReply();
        SetReply.WriteFixed(reply, stored: false, previousFound: false, version: 0);
        StoreStatus status = request.Store.Set(key, value, options, returnPrevious ? reply : null, out SetResult result);
        if (status != StoreStatus.Ok)
        {
            reply.Abandon();
            StoreFailures.Fail(request, status);
            return;
        }

        SetReply.PatchFixed(reply, result.Stored, result.PreviousFound, result.Version);
        reply.End();
    }

    public static void Increment(in Request request)
    {
        if (!IncrementRequest.TryRead(request.Body, out IncrementRequest increment))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Store, AccessOperation.Read, increment.Key)
            || request.Denies(AccessBroker.Store, AccessOperation.Write, increment.Key))
        {
            return;
        }

        StoreStatus status = request.Store.Increment(
            increment.Key, increment.Delta, increment.Expiry.ToEngine(), out long value, out ulong version);
        ReplyNumber(request, status, value, version);
    }

    public static void Append(in Request request)
    {
        if (!KeyedRequest.TryRead(request.Body, out KeyedRequest append))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Store, AccessOperation.Write, append.Key))
        {
            return;
        }

        StoreStatus status = request.Store.Append(append.Key, append.Operand, out long length, out ulong version);
        ReplyNumber(request, status, length, version);
    }

    public static void Length(in Request request)
    {
        if (request.Denies(AccessBroker.Store, AccessOperation.Read, request.Body))
        {
            return;
        }

        StoreStatus status = request.Store.Length(request.Body, out long length);
        switch (status)
        {
            case StoreStatus.Ok: request.ReplyCount(length); break;
            case StoreStatus.NotFound: request.ReplyCount(-1); break;
            default: StoreFailures.Fail(request, status); break;
        }
    }

    public static void ReplyNumber(in Request request, StoreStatus status, long value, ulong version)
    {
        if (status != StoreStatus.Ok)
        {
            StoreFailures.Fail(request, status);
            return;
        }

        FrameBuffer reply = request.BeginReply();
        new NumberReply(value, version).Write(reply);
        reply.End();
    }

    /// <summary>Begins <c>[u64 version][value]</c>; the version is known only after the value has been copied.</summary>
    public static FrameBuffer BeginValue(in Request request)
    {
        FrameBuffer reply = request.BeginReply();
        reply.WriteUInt64(0);
        return reply;
    }

    public static void EndValue(in Request request, FrameBuffer reply, StoreStatus status, ulong version)
    {
        switch (status)
        {
            case StoreStatus.Ok:
                reply.PatchUInt64(0, version);
                reply.End();
                break;
            case StoreStatus.NotFound:
                reply.TruncateBody(0);
                reply.End();
                break;
            default:
                reply.Abandon();
                StoreFailures.Fail(request, status);
                break;
        }
    }
}
