using System.Globalization;

namespace Nexo.Storage;

/// <summary>
/// Names of the files of a log, by offset in 16 hexadecimal digits: <c>.seg</c> a segment by its first offset, and if it
/// was written anew (see <see cref="SegmentName"/>) by three numbers; <c>.first</c> an empty file that says that
/// everything before its offset is dropped; <c>.spare</c> a dropped segment that is kept to be written over; <c>.tmp</c>
/// what was not finished; <c>note</c> what the owner has noted.
/// </summary>
internal static class SegmentNames
{
    private const int Digits = 16;
    private const string SegmentEnd = ".seg";
    private const string FirstEnd = ".first";
    private const string SpareEnd = ".spare";
    private const string TemporaryEnd = ".tmp";

    public const string Note = "note";

    public const string NewNote = Note + TemporaryEnd;

    public static string Segment(long offset) => Name(offset, SegmentEnd);

    public static string First(long offset) => Name(offset, FirstEnd);

    public static string Spare(long offset) => Name(offset, SpareEnd);

    public static string Temporary(long offset) => Name(offset, TemporaryEnd);

    public static string Rewritten(long offset, long endOffset, long saved) =>
        $"{Name(offset, string.Empty)}-{Name(endOffset, string.Empty)}-{Name(saved, SegmentEnd)}";

    public static bool TrySegment(string name, out long offset) => TryOffset(name, SegmentEnd, out offset);

    public static bool TryRewritten(string name, out long offset, out long endOffset, out long saved)
    {
        offset = 0;
        endOffset = 0;
        saved = 0;
        return name.Length == (3 * Digits) + 2 + SegmentEnd.Length
            && TryOffset(name[..Digits], string.Empty, out offset)
            && TryOffset(name[(Digits + 1)..((2 * Digits) + 1)], string.Empty, out endOffset)
            && long.TryParse(
                name.AsSpan((2 * Digits) + 2, Digits),
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture,
                out saved)
            && endOffset > offset
            && Rewritten(offset, endOffset, saved) == name;
    }

    public static bool IsTemporary(string name) => name.EndsWith(TemporaryEnd, StringComparison.Ordinal);

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
