namespace Nexo.Storage;

/// <summary>A segment to which nothing is added any more.</summary>
/// <param name="BaseOffset">Its first offset.</param>
/// <param name="EndOffset">The offset behind it.</param>
/// <param name="Bytes">Its header and batches.</param>
public readonly record struct SegmentFacts(long BaseOffset, long EndOffset, long Bytes);
