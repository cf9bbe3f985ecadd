namespace Nexo.Protocol;

/// <summary>
/// TOPIC FILTERS, which changes a subscription: all of it is done or nothing. Body: <c>[u32 subscription][u32 count]([u32
/// length][added])*[u32 count]([u32 length][removed])*</c>; the subscription is its correlation. The answer has no body.
/// </summary>
public ref struct TopicFiltersRequest
{
    public uint Subscription { get; private set; }

    public BlobList Added;

    public BlobList Removed;

    public static bool TryRead(ReadOnlySpan<byte> body, out TopicFiltersRequest request)
    {
        var reader = new BodyReader(body);
        request = default;
        if (!reader.TryReadUInt32(out uint subscription)
            || !BlobList.TryReadPart(ref reader, out BlobList added)
            || !BlobList.TryRead(ref reader, out BlobList removed))
        {
            return false;
        }

        request.Subscription = subscription;
        request.Added = added;
        request.Removed = removed;
        return true;
    }

    /// <summary>
    /// Writes what stands before the filters that are added: as many blobs follow, then <see cref="WriteRemoved"/>.
    /// </summary>
    public static void WriteAdded(FrameBuffer buffer, uint subscription, uint added)
    {
        buffer.WriteUInt32(subscription);
        buffer.WriteUInt32(added);
    }

    /// <summary>Writes what stands before the filters that are removed: as many blobs follow.</summary>
    public static void WriteRemoved(FrameBuffer buffer, uint removed) => buffer.WriteUInt32(removed);
}
