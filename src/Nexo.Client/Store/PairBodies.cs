using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Bodies that hold a list of keys (or fields) with their values.</summary>
internal static class PairBodies
{
    private const int KeyScratchBytes = 256;

    public static FrameBuffer MultiSet<T>(
        IReadOnlyCollection<KeyValuePair<NexoKey, T>> items, StoreExpiry expiry, INexoSerializer serializer)
    {
        ArgumentNullException.ThrowIfNull(items);
        FrameBuffer body = RequestBodies.Rent();
        MultiSetRequest.WriteStart(body, expiry, (uint)items.Count);
        WriteItems(body, items, serializer);
        return body;
    }

    public static FrameBuffer HashSet<T>(
        NexoKey key, IReadOnlyCollection<KeyValuePair<NexoKey, T>> fields, INexoSerializer serializer)
    {
        ArgumentNullException.ThrowIfNull(fields);
        FrameBuffer body = RequestBodies.Rent();
        body.WriteKeyBlob(key);
        body.WriteUInt32((uint)fields.Count);
        WriteItems(body, fields, serializer);
        return body;
    }

    private static void WriteItems<T>(
        FrameBuffer body, IReadOnlyCollection<KeyValuePair<NexoKey, T>> items, INexoSerializer serializer)
    {
        FrameBuffer value = RequestBodies.Rent();
        Span<byte> scratch = stackalloc byte[KeyScratchBytes];
        foreach (KeyValuePair<NexoKey, T> item in items)
        {
            Values.Write(serializer, value, item.Value);
            PairList.WriteItem(body, item.Key.Encode(scratch), value.Written.Span);
            value.Clear();
        }

        RequestBodies.Return(value);
    }
}
