using System.Text;

namespace Nexo.Protocol;

/// <summary>
/// What the server says of itself. Body: <c>[u32 count]</c> then <c>[u32 length][name][u32 length][value]</c>, UTF-8,
/// grouped by dotted names such as <c>store.entries</c>. The INFO request has no body.
/// </summary>
public static class InfoReply
{
    public static void Write(FrameBuffer buffer, IReadOnlyCollection<KeyValuePair<string, string>> facts)
    {
        buffer.WriteUInt32((uint)facts.Count);
        foreach (KeyValuePair<string, string> fact in facts)
        {
            buffer.WriteBlob(Encoding.UTF8.GetBytes(fact.Key));
            buffer.WriteBlob(Encoding.UTF8.GetBytes(fact.Value));
        }
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out IReadOnlyList<KeyValuePair<string, string>> facts)
    {
        var reader = new BodyReader(body);
        var read = new List<KeyValuePair<string, string>>();
        facts = read;
        if (!reader.TryReadUInt32(out uint count))
        {
            return false;
        }

        for (uint i = 0; i < count; i++)
        {
            if (!reader.TryReadBlob(out ReadOnlySpan<byte> name) || !reader.TryReadBlob(out ReadOnlySpan<byte> value))
            {
                return false;
            }

            read.Add(new(Encoding.UTF8.GetString(name), Encoding.UTF8.GetString(value)));
        }

        return reader.AtEnd;
    }
}
