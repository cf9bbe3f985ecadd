using System.Text;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Ledger;

/// <summary>
/// Reads everything: the keys that a scan lists and those that the ledger knows (so a key that one way of reading
/// finds and another does not comes to light), their values, versions, fields and expiries.
/// </summary>
internal sealed class Observer(WireConnection connection, CancellationToken cancel)
{
    private const int KeysPerRequest = 256;
    private const int PipelineMax = 128;

    private readonly Dictionary<string, Observation> _seen = new(StringComparer.Ordinal);

    public static async Task<Observed> ReadAllAsync(int port, IEnumerable<string> known, CancellationToken cancel)
    {
        using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
        return await new Observer(connection, cancel).ReadAllAsync(known);
    }

    private async Task<Observed> ReadAllAsync(IEnumerable<string> known)
    {
        long start = TimeWindow.Now;
        (HashSet<string> values, List<string> hashes) = await ScanAsync();
        values.UnionWith(known);
        values.ExceptWith(hashes);
        foreach (string[] keys in values.Chunk(KeysPerRequest))
        {
            await ReadValuesAsync(keys);
        }

        await PipelineAsync(Opcode.StoreHashGetAll, hashes, TakeHash);
        long middle = TimeWindow.Now;
        await PipelineAsync(Opcode.StoreTtl, [.. _seen.Keys], TakeTtl);
        long end = TimeWindow.Now;
        foreach (Observation seen in _seen.Values)
        {
            // The expiry is judged by when it was asked for, absence by when the value was.
            seen.Time = new TimeWindow(middle, end);
        }

        return new Observed(_seen, new TimeWindow(start, end));
    }

    private async Task<(HashSet<string> Values, List<string> Hashes)> ScanAsync()
    {
        HashSet<string> values = new(StringComparer.Ordinal);
        List<string> hashes = [];
        byte[] cursor = [];
        do
        {
            byte[] from = cursor;
            Frame page = await AskAsync(
                Opcode.StoreScan, body => new ScanRequest { Limit = ScanRequest.LimitMax, Cursor = from }.Write(body));
            cursor = TakePage(page, values, hashes);
        }
        while (cursor.Length > 0);
        return (values, hashes);
    }

    private static byte[] TakePage(Frame page, HashSet<string> values, List<string> hashes)
    {
        Require(ScanReply.TryRead(page.Body, out ScanReply reply));
        while (reply.TryTake(out EntryKind kind, out ReadOnlySpan<byte> key))
        {
            string name = Encoding.UTF8.GetString(key);
            if (kind == EntryKind.Hash)
            {
                hashes.Add(name);
            }
            else
            {
                values.Add(name);
            }
        }

        return reply.Cursor.ToArray();
    }

    private async Task ReadValuesAsync(string[] keys)
    {
        Frame answer = await AskAsync(Opcode.StoreMultiGet, body =>
        {
            body.WriteUInt32((uint)keys.Length);
            foreach (string key in keys)
            {
                body.WriteBlob(Encoding.UTF8.GetBytes(key));
            }
        });
        TakeValues(keys, answer);
    }

    private void TakeValues(string[] keys, Frame answer)
    {
        var reader = new BodyReader(answer.Body);
        Require(reader.TryReadUInt32(out uint count) && count == keys.Length);
        foreach (string key in keys)
        {
            Require(MultiValueReply.TryReadItem(
                ref reader, out _, out bool found, out ulong version, out ReadOnlySpan<byte> value));
            if (found)
            {
                _seen[key] = new Observation { Value = value.ToArray(), Version = version };
            }
        }
    }

    private void TakeHash(string key, Frame answer)
    {
        Require(HashReply.TryRead(answer.Body, out HashReply reply));
        if (!reply.Found)
        {
            return;
        }

        var fields = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        while (reply.Pairs.TryTake(out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> value))
        {
            fields.Add(Encoding.UTF8.GetString(field), value.ToArray());
        }

        _seen[key] = new Observation { Fields = fields, Version = reply.Version };
    }

    private void TakeTtl(string key, Frame answer)
    {
        Require(TtlReply.TryRead(answer.Body, out TtlReply reply));
        if (reply.State == TtlState.NotFound)
        {
            _seen.Remove(key);
        }
        else if (reply.State == TtlState.Expires)
        {
            _seen[key].RemainingMs = reply.RemainingMs;
        }
    }

    private async Task PipelineAsync(Opcode opcode, IReadOnlyList<string> keys, Action<string, Frame> take)
    {
        foreach (string[] some in keys.Chunk(PipelineMax))
        {
            foreach (string key in some)
            {
                connection.Write(opcode, Durability.ServerDefault, body => body.WriteUtf8(key));
            }

            await connection.FlushAsync(cancel);
            foreach (string key in some)
            {
                take(key, Reply(await connection.ReadAsync(cancel)));
            }
        }
    }

    private async Task<Frame> AskAsync(Opcode opcode, Action<FrameBuffer> body) =>
        Reply(await connection.AskAsync(opcode, Durability.ServerDefault, body, cancel));

    private static Frame Reply(Frame frame) =>
        frame.Kind == FrameKind.Reply
            ? frame
            : throw new WireEndedException($"a read was answered with {frame.ErrorText}");

    private static void Require(bool readable)
    {
        if (!readable)
        {
            throw new WireEndedException("an answer cannot be read");
        }
    }
}
