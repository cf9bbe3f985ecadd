using Nexo.Engine.Store;

namespace Nexo.Server.Resp;

/// <summary>HRANDFIELD.</summary>
internal static class RespRandomField
{
    // A reply of more could not be sent anyway.
    private const long CountMax = 10_000_000;

    public static void Take(in RespRequest request)
    {
        bool hasValues = request.Count == 4 && request.Is(3, "withvalues"u8);
        if (request.Count > 4 || (request.Count == 4 && !hasValues))
        {
            request.FailSyntax();
            return;
        }

        long count = 1;
        if (request.Count > 2 && !request.TryInteger(2, out count))
        {
            return;
        }

        if (count is < -CountMax or > long.MaxValue / 2)
        {
            request.Fail("ERR value is out of range"u8);
            return;
        }

        bool isNested = hasValues && request.Reply.IsV3;
        var sink = new RespHashSink(request.Connection, fields: true, hasValues) { IsNested = isNested };
        StoreStatus status = request.Store.HashSample(request[1], count, ref sink);
        if (request.Count == 2)
        {
            RespCollections.EndOne(request, status, sink.Count);
        }
        else
        {
            RespCollections.EndArray(request, status, hasValues && !isNested ? 2 * sink.Count : sink.Count);
        }
    }
}
