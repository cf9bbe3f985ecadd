using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Nexo.Server.Settings;

namespace Nexo.Server.Http.Api;

/// <summary>Reads what stands in an address.</summary>
internal static class ApiText
{
    /// <summary>Percent-decodes, once; false: a % is not followed by two hexadecimal digits.</summary>
    public static bool TryDecode(ReadOnlySpan<char> encoded, bool isQuery, out byte[] decoded)
    {
        decoded = new byte[Encoding.UTF8.GetMaxByteCount(encoded.Length)];
        int count = 0;
        while (!encoded.IsEmpty)
        {
            if (encoded[0] == '%')
            {
                if (encoded.Length < 3 || !byte.TryParse(encoded[1..3], NumberStyles.AllowHexSpecifier, null, out decoded[count]))
                {
                    return false;
                }

                count++;
                encoded = encoded[3..];
                continue;
            }

            int next = encoded.IndexOf('%');
            ReadOnlySpan<char> plain = next < 0 ? encoded : encoded[..next];
            int written = Encoding.UTF8.GetBytes(plain, decoded.AsSpan(count));
            if (isQuery)
            {
                decoded.AsSpan(count, written).Replace((byte)'+', (byte)' ');
            }

            count += written;
            encoded = encoded[plain.Length..];
        }

        decoded = decoded[..count];
        return true;
    }

    /// <summary>Reads a value of a field; false: it is not one.</summary>
    public static bool TryRead(ApiField field, byte[] bytes, out ApiValue value)
    {
        value = new ApiValue(bytes, 0);
        if (bytes.Length > field.BytesMax)
        {
            return false;
        }

        if (field.Kind == ApiKind.Bytes)
        {
            return true;
        }

        if (!Utf8.IsValid(bytes))
        {
            return false;
        }

        string text = Encoding.UTF8.GetString(bytes);
        if (field.Kind == ApiKind.Cursor)
        {
            return TryCursor(text, out value);
        }

        long number = 0;
        bool isRead = field.Kind switch
        {
            ApiKind.Number => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)
                && number >= field.Min && number <= field.Max,
            ApiKind.Duration => DurationText.TryParse(text, out number) && number >= field.Min && number <= field.Max,
            ApiKind.Flag => TryFlag(text, out number),
            ApiKind.Choice => (number = IndexOf(field.Choices, text)) >= 0,
            _ => true,
        };
        value = new ApiValue(bytes, number);
        return isRead;
    }

    public static int IndexOf(IReadOnlyList<string> choices, string text)
    {
        for (int i = 0; i < choices.Count; i++)
        {
            if (choices[i] == text)
            {
                return i;
            }
        }

        return -1;
    }

    private static bool TryCursor(string text, out ApiValue value)
    {
        byte[] bytes = new byte[text.Length / 2];
        bool isRead = text.Length % 2 == 0 && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
        value = new ApiValue(bytes, 0);
        return isRead;
    }

    // Such as ?retain alone.
    private static bool TryFlag(string text, out long number)
    {
        number = text is "true" or "" ? 1 : 0;
        return text is "true" or "" or "false";
    }
}
