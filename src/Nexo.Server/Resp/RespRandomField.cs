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

        var fields = new FieldList([]);
        StoreStatus status = request.Store.HashGetAll(request[1], ref fields, out _);
        if (status is not (StoreStatus.Ok or StoreStatus.NotFound))
        {
            request.Fail(status);
        }
        else if (request.Count == 2)
        {
            TakeOne(request.Reply, fields.Items);
        }
        else
        {
            TakeSome(request.Reply, fields.Items, count, hasValues);
        }
    }

    private static void TakeOne(RespWriter reply, List<(byte[] Field, byte[] Value)> fields)
    {
        if (fields.Count == 0)
        {
            reply.Null();
        }
        else
        {
            reply.Bulk(fields[Random.Shared.Next(fields.Count)].Field);
        }
    }

    // With a negative count a field may come more than once.
    private static void TakeSome(RespWriter reply, List<(byte[] Field, byte[] Value)> fields, long count, bool hasValues)
    {
        int taken = fields.Count == 0 ? 0 : (int)(count < 0 ? -count : Math.Min(count, fields.Count));
        reply.Array(hasValues && !reply.IsV3 ? 2 * taken : taken);
        for (int i = 0; i < taken; i++)
        {
            int chosen = count < 0 ? Random.Shared.Next(fields.Count) : Random.Shared.Next(i, fields.Count);
            (byte[] field, byte[] value) = fields[chosen];
            if (count >= 0)
            {
                (fields[i], fields[chosen]) = (fields[chosen], fields[i]);
            }

            if (hasValues && reply.IsV3)
            {
                reply.Array(2);
            }

            reply.Bulk(field);
            if (hasValues)
            {
                reply.Bulk(value);
            }
        }
    }

    private readonly struct FieldList(List<(byte[] Field, byte[] Value)> items) : IHashSink
    {
        public List<(byte[] Field, byte[] Value)> Items { get; } = items;

        public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
        {
            Items.Add((field.ToArray(), value.ToArray()));
            return true;
        }
    }
}
