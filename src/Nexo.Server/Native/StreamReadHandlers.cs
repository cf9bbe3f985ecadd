using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests that read streams. Places are found, and files read, on pool threads.</summary>
internal static class StreamReadHandlers
{
    private const uint WaitMsMax = 24 * 3_600 * 1_000;

    public static void Read(in Request request)
    {
        if (!StreamReadRequest.TryRead(request.Body, out StreamReadRequest read))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Read, read.Stream))
        {
            return;
        }

        if (read.RecordsMax == 0)
        {
            request.Fail(ErrorCode.InvalidArgument, "recordsMax: 1 or more.");
            return;
        }

        if (read.WaitMs > WaitMsMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"waitMs: 0 to {WaitMsMax} ms (a day).");
            return;
        }

        NativeConnection connection = request.Connection;
        if (connection.TryReserve(request.Opcode, request.Correlation))
        {
            connection.Add(request.Correlation, new StreamReading(connection, request.Correlation, new ReadTerms(read)));
        }
    }

    public static void Tail(in Request request)
    {
        if (!StreamTailRequest.TryRead(request.Body, out StreamTailRequest tail))
        {
            request.FailMalformed();
            return;
        }

        if (request.Denies(AccessBroker.Streams, AccessOperation.Read, tail.Stream))
        {
            return;
        }

        if ((tail.From.Flags & PositionFlags.Backward) != 0)
        {
            request.Fail(ErrorCode.InvalidArgument, "from: a tail goes forward.");
            return;
        }

        NativeConnection connection = request.Connection;
        if (!connection.TryReserve(request.Opcode, request.Correlation))
        {
            return;
        }

        // A time is looked for in files. Any other place is that of now, before what was sent behind the request.
        var subscription = new StreamSubscription(connection, request.Correlation, tail);
        if (tail.From.Kind == PositionKind.Time || subscription.TryOpen(request))
        {
            connection.Add(request.Correlation, subscription);
        }
    }
}
