using System.Globalization;

namespace Nexo.Storage;

/// <summary>
/// Names of the files of a log, by offset in 16 hexadecimal digits: <c>.seg</c> a segment by its first offset;
/// <c>.first</c> an empty file that says that everything before its offset is dropped; <c>.spare</c> a dropped segment
/// that is kept to be written over.
/// </summary>
internal static class SegmentNames
{
    private const int Digits = 16;
    private const string SegmentEnd = ".seg";
    private const string FirstEnd = ".first";
    private const string SpareEnd = ".spare";

    public static string Segment(long offset) => Name(offset, SegmentEnd);

    public static string First(long offset) => Name(offset, FirstEnd);

    public static string Spare(long offset) => Name(offset, SpareEnd);

    public static bool TrySegment(string name, out long offset) => TryOffset(name, SegmentEnd, out offset);

    public static bool TryFirst(string name, out long offset) => TryOffset(name, FirstEnd, out offset);

    public static bool IsSpare(string name) => TryOffset(name, SpareEnd, out _);

    private static string Name(long offset, string end) => offset.ToString("x16", CultureInfo.InvariantCulture) + end;

    private static bool TryOffset(string name, string end, out long offset)
    {
        offset = 0;
        return name.Length == Digits + end.Length
            && name.EndsWith(end, StringComparison.Ordinal)
            && long.TryParse(
                name.AsSpan(0, Digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out offset)
            && offset >= 0
            && Name(offset, end) == name;
    }
}
