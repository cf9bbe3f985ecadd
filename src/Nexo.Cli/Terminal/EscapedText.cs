using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Nexo.Cli.Terminal;

/// <summary>
/// Bytes as printable text and back: <c>\\</c>, <c>\n</c>, <c>\r</c>, <c>\t</c>, and <c>\xNN</c> for every other
/// control byte and for bytes that are not UTF-8.
/// </summary>
internal static class EscapedText
{
    /// <summary>What a person sees: a backslash stays one, so this cannot be read back.</summary>
    public static string Show(ReadOnlySpan<byte> bytes) => Escape(bytes, "\\");

    public static string Escape(ReadOnlySpan<byte> bytes) => Escape(bytes, @"\\");

    private static string Escape(ReadOnlySpan<byte> bytes, string backslash)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(bytes, out Rune rune, out int taken);
            if (status != OperationStatus.Done || Rune.IsControl(rune))
            {
                AppendBytes(text, bytes[..taken]);
            }
            else if (rune.Value == '\\')
            {
                text.Append(backslash);
            }
            else
            {
                text.Append(rune.ToString());
            }

            bytes = bytes[taken..];
        }

        return text.ToString();
    }

    /// <summary>The bytes of a text written with escapes; false when a backslash begins none of them.</summary>
    public static bool TryUnescape(string text, out byte[] bytes)
    {
        var buffer = new ArrayBufferWriter<byte>(Math.Max(1, text.Length));
        bytes = [];
        for (int i = 0; i < text.Length;)
        {
            int backslash = text.IndexOf('\\', i);
            int end = backslash < 0 ? text.Length : backslash;
            Encoding.UTF8.GetBytes(text.AsSpan(i, end - i), buffer);
            if (backslash < 0)
            {
                break;
            }

            if (!TryTakeEscape(text.AsSpan(backslash + 1), out byte value, out int taken))
            {
                return false;
            }

            buffer.Write([value]);
            i = backslash + 1 + taken;
        }

        bytes = buffer.WrittenSpan.ToArray();
        return true;
    }

    /// <summary>True for UTF-8 that a terminal shows as it is: no control bytes but tabs and line breaks.</summary>
    public static bool IsPrintable(ReadOnlySpan<byte> bytes)
    {
        if (!Utf8.IsValid(bytes))
        {
            return false;
        }

        foreach (Rune rune in Encoding.UTF8.GetString(bytes).EnumerateRunes())
        {
            if (Rune.IsControl(rune) && rune.Value is not ('\n' or '\t'))
            {
                return false;
            }
        }

        return true;
    }

    private static void AppendBytes(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            _ = value switch
            {
                (byte)'\n' => text.Append(@"\n"),
                (byte)'\r' => text.Append(@"\r"),
                (byte)'\t' => text.Append(@"\t"),
                _ => text.Append(CultureInfo.InvariantCulture, $@"\x{value:x2}"),
            };
        }
    }

    private static bool TryTakeEscape(ReadOnlySpan<char> text, out byte value, out int taken)
    {
        const int HexDigits = 2;
        taken = 1;
        value = 0;
        switch (text)
        {
            case ['\\', ..]:
                value = (byte)'\\';
                return true;
            case ['n', ..]:
                value = (byte)'\n';
                return true;
            case ['r', ..]:
                value = (byte)'\r';
                return true;
            case ['t', ..]:
                value = (byte)'\t';
                return true;
            case ['x', _, _, ..]:
                taken = 1 + HexDigits;
                return byte.TryParse(
                    text.Slice(1, HexDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
            default:
                return false;
        }
    }
}
