namespace Nexo.Storage;

/// <summary>
/// What the name of a segment file says. One that was written anew, with less in it or in place of several, also tells up
/// to where it goes and how many bytes it has less than what was written first: so who has all names knows what there is,
/// and which of two files for the same offsets counts, whatever a crash has left.
/// </summary>
/// <param name="BaseOffset">Its first offset.</param>
/// <param name="EndOffset">The offset behind it, if it was written anew; else 0.</param>
/// <param name="Saved">Bytes that it has less than those which it is in place of had at first.</param>
internal readonly record struct SegmentName(long BaseOffset, long EndOffset = 0, long Saved = 0)
    : IComparable<SegmentName>
{
    public bool IsRewritten => EndOffset > 0;

    public string FileName => IsRewritten
        ? SegmentNames.Rewritten(BaseOffset, EndOffset, Saved)
        : SegmentNames.Segment(BaseOffset);

    public static bool TryParse(string name, out SegmentName segment)
    {
        if (SegmentNames.TrySegment(name, out long offset))
        {
            segment = new SegmentName(offset);
            return true;
        }

        bool isRewritten = SegmentNames.TryRewritten(name, out offset, out long endOffset, out long saved);
        segment = new SegmentName(offset, endOffset, saved);
        return isRewritten;
    }

    /// <summary>By offset; of those with the same one, first the one that is in place of the others.</summary>
    public int CompareTo(SegmentName other)
    {
        int order = BaseOffset.CompareTo(other.BaseOffset);
        order = order != 0 ? order : other.EndOffset.CompareTo(EndOffset);
        return order != 0 ? order : other.Saved.CompareTo(Saved);
    }
}
