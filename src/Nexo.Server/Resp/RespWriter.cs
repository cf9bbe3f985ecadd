using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Nexo.Protocol;

namespace Nexo.Server.Resp;

/// <summary>
/// Writes replies behind one another into a buffer, in RESP2 or RESP3. What RESP2 has no form for is written as Redis does it:
/// a map as an array of keys and values, a set and a push as an array, a number with a fraction as text.
/// </summary>
internal sealed class RespWriter(FrameBuffer buffer)
{
    private const int NumberBytesMax = 24;

    /// <summary>2 or 3.</summary>
    public int Version { get; set; } = 2;

    public bool IsV3 => Version == 3;

    public FrameBuffer Buffer { get; } = buffer;

    public void Ok() => Buffer.Write("+OK\r\n"u8);

    /// <summary>A simple string: without line ends.</summary>
    public void Simple(ReadOnlySpan<byte> text) => Line((byte)'+', text);

    /// <summary>An error, such as <c>ERR syntax error</c>: its first word is its kind.</summary>
    public void Error(ReadOnlySpan<byte> text) => Line((byte)'-', text);

    public void Error(string text)
    {
        Buffer.WriteByte((byte)'-');
        Buffer.WriteUtf8(text.ReplaceLineEndings(" "));
        End();
    }

    public void Integer(long value) => Number((byte)':', value);

    public void Bulk(ReadOnlySpan<byte> bytes)
    {
        Number((byte)'$', bytes.Length);
        Buffer.Write(bytes);
        End();
    }

    public void Bulk(string text)
    {
        Number((byte)'$', Encoding.UTF8.GetByteCount(text));
        Buffer.WriteUtf8(text);
        End();
    }

    /// <summary>A number as a bulk string.</summary>
    public void BulkNumber(long value)
    {
        Span<byte> text = stackalloc byte[NumberBytesMax];
        _ = Utf8Formatter.TryFormat(value, text, out int length);
        Bulk(text[..length]);
    }

    /// <summary>No value.</summary>
    public void Null()
    {
        if (IsV3)
        {
            Buffer.Write("_\r\n"u8);
        }
        else
        {
            Buffer.Write("$-1\r\n"u8);
        }
    }

    /// <summary>No array, where one would be.</summary>
    public void NullArray()
    {
        if (IsV3)
        {
            Buffer.Write("_\r\n"u8);
        }
        else
        {
            Buffer.Write("*-1\r\n"u8);
        }
    }

    /// <summary>As many replies as it says follow.</summary>
    public void Array(int count) => Number((byte)'*', count);

    /// <summary>As many pairs of replies follow.</summary>
    public void Map(int pairs)
    {
        if (IsV3)
        {
            Number((byte)'%', pairs);
        }
        else
        {
            Number((byte)'*', 2L * pairs);
        }
    }

    public void Set(int count) => Number(IsV3 ? (byte)'~' : (byte)'*', count);

    public void Push(int count) => Number(IsV3 ? (byte)'>' : (byte)'*', count);

    /// <summary>1 or 0 in RESP2.</summary>
    public void Boolean(bool value)
    {
        if (IsV3)
        {
            Buffer.Write(value ? "#t\r\n"u8 : "#f\r\n"u8);
        }
        else
        {
            Integer(value ? 1 : 0);
        }
    }

    /// <summary>A number with a fraction; in RESP2 its text.</summary>
    public void Double(double value)
    {
        Span<byte> text = stackalloc byte[32];
        ReadOnlySpan<byte> written = FormatDouble(value, text);
        if (IsV3)
        {
            Line((byte)',', written);
        }
        else
        {
            Bulk(written);
        }
    }

    /// <summary>Text for people, such as INFO's.</summary>
    public void Verbatim(string text)
    {
        if (!IsV3)
        {
            Bulk(text);
            return;
        }

        Number((byte)'=', Encoding.UTF8.GetByteCount(text) + 4);
        Buffer.Write("txt:"u8);
        Buffer.WriteUtf8(text);
        End();
    }

    /// <summary>The shortest text that is read back as this number, in Redis's form.</summary>
    public static ReadOnlySpan<byte> FormatDouble(double value, Span<byte> text)
    {
        if (double.IsInfinity(value))
        {
            return value > 0 ? "inf"u8 : "-inf"u8;
        }

        if (double.IsNaN(value))
        {
            return "nan"u8;
        }

        // Whole numbers are written out as far as they are exact.
        if (value == Math.Truncate(value) && Math.Abs(value) < 1e17)
        {
            _ = Utf8Formatter.TryFormat((long)value, text, out int whole);
            return value == 0 && double.IsNegative(value) ? "-0"u8 : text[..whole];
        }

        _ = value.TryFormat(text, out int length, "R", CultureInfo.InvariantCulture);
        for (int i = 0; i < length; i++)
        {
            text[i] = text[i] == (byte)'E' ? (byte)'e' : text[i];
        }

        return text[..length];
    }

    private void Line(byte kind, ReadOnlySpan<byte> text)
    {
        Buffer.WriteByte(kind);
        Buffer.Write(text);
        End();
    }

    private void Number(byte kind, long value)
    {
        Span<byte> line = Buffer.GetSpan(NumberBytesMax);
        line[0] = kind;
        int length = 1;
        if ((ulong)value < 10)
        {
            line[length++] = (byte)('0' + value);
        }
        else
        {
            _ = Utf8Formatter.TryFormat(value, line[1..], out int digits);
            length += digits;
        }

        line[length] = (byte)'\r';
        line[length + 1] = (byte)'\n';
        Buffer.Advance(length + 2);
    }

    private void End()
    {
        Span<byte> end = Buffer.GetSpan(2);
        end[0] = (byte)'\r';
        end[1] = (byte)'\n';
        Buffer.Advance(2);
    }
}
