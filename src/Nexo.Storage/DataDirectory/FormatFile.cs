using System.Globalization;
using System.Text;

namespace Nexo.Storage;

/// <summary>
/// The text of FORMAT, four lines of ASCII: <c>nexo-data</c>, <c>version 1</c>, <c>log HHHHHHHHHHHHHHHH</c>,
/// <c>crc HHHHHHHH</c> (of the lines before). The first two are the same in every version.
/// </summary>
internal static class FormatFile
{
    public const string Name = "FORMAT";
    public const string UnfinishedName = "FORMAT.tmp";
    public const int Version = 1;

    /// <summary>More than any version needs.</summary>
    public const int BytesMax = 4_096;

    private const string Title = "nexo-data\nversion ";

    public static byte[] Encode(ulong logId)
    {
        string text = $"{Title}{Version}\nlog {logId:x16}\n";
        return Encoding.ASCII.GetBytes($"{text}crc {Crc32C.Of(Encoding.ASCII.GetBytes(text)):x8}\n");
    }

    /// <param name="version">Zero if it cannot be told; then it is no FORMAT.</param>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out int version, out ulong logId)
    {
        version = 0;
        logId = 0;
        ReadOnlySpan<char> text = Encoding.Latin1.GetString(bytes);
        if (!text.StartsWith(Title, StringComparison.Ordinal))
        {
            return false;
        }

        ReadOnlySpan<char> rest = text[Title.Length..];
        int end = rest.IndexOf('\n');
        if (end < 0 || !int.TryParse(rest[..end], NumberStyles.None, null, out version))
        {
            version = 0;
            return false;
        }

        ReadOnlySpan<char> log = rest[(end + 1)..];
        const int Start = 4;
        const int Digits = 16;

        // Whether it is right in every byte says the comparison with what belongs there.
        return version == Version
            && log.Length > Start + Digits
            && ulong.TryParse(log.Slice(Start, Digits), NumberStyles.AllowHexSpecifier, null, out logId)
            && bytes.SequenceEqual(Encode(logId));
    }
}
