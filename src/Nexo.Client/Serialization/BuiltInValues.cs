using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Nexo.Client;

/// <summary>
/// The types that need no serializer. Bytes and text (UTF-8) are stored as they are, so other clients and the CLI read
/// them; numbers, booleans, ids and times are stored as invariant text: a <see cref="long"/> of 5 is the one byte
/// <c>5</c>, which INCREMENT counts on from. The comparisons of types are decided when the method is compiled.
/// </summary>
internal static class BuiltInValues
{
    // Longer than any of the texts below: decimal needs 31, DateTimeOffset "O" 33, Guid 36.
    private const int TextBytesMax = 64;

    public static bool TryWrite<T>(IBufferWriter<byte> destination, T value)
    {
        if (typeof(T) == typeof(string))
        {
            ArgumentNullException.ThrowIfNull(value);
            Encoding.UTF8.GetBytes((string)(object)value, destination);
            return true;
        }

        if (typeof(T) == typeof(byte[]))
        {
            ArgumentNullException.ThrowIfNull(value);
            destination.Write((byte[])(object)value);
            return true;
        }

        if (typeof(T) == typeof(ReadOnlyMemory<byte>))
        {
            destination.Write(((ReadOnlyMemory<byte>)(object)value!).Span);
            return true;
        }

        if (typeof(T) == typeof(Memory<byte>))
        {
            destination.Write(((Memory<byte>)(object)value!).Span);
            return true;
        }

        return TryWriteText(destination, value);
    }

    public static bool TryRead<T>(ReadOnlySpan<byte> source, out T? value)
    {
        if (typeof(T) == typeof(string))
        {
            value = (T)(object)Encoding.UTF8.GetString(source);
            return true;
        }

        if (typeof(T) == typeof(byte[]))
        {
            value = (T)(object)source.ToArray();
            return true;
        }

        if (typeof(T) == typeof(ReadOnlyMemory<byte>))
        {
            value = (T)(object)new ReadOnlyMemory<byte>(source.ToArray());
            return true;
        }

        if (typeof(T) == typeof(Memory<byte>))
        {
            value = (T)(object)new Memory<byte>(source.ToArray());
            return true;
        }

        return TryReadText(source, out value);
    }

    private static bool TryWriteText<T>(IBufferWriter<byte> destination, T value)
    {
        if (typeof(T) == typeof(bool))
        {
            destination.Write((bool)(object)value! ? "true"u8 : "false"u8);
            return true;
        }

        if (typeof(T) == typeof(long))
        {
            return Format(destination, (long)(object)value!);
        }

        if (typeof(T) == typeof(int))
        {
            return Format(destination, (int)(object)value!);
        }

        if (typeof(T) == typeof(ulong))
        {
            return Format(destination, (ulong)(object)value!);
        }

        if (typeof(T) == typeof(uint))
        {
            return Format(destination, (uint)(object)value!);
        }

        if (typeof(T) == typeof(double))
        {
            return Format(destination, (double)(object)value!);
        }

        if (typeof(T) == typeof(decimal))
        {
            return Format(destination, (decimal)(object)value!);
        }

        if (typeof(T) == typeof(Guid))
        {
            return Format(destination, (Guid)(object)value!);
        }

        return typeof(T) == typeof(DateTimeOffset) && Format(destination, (DateTimeOffset)(object)value!, "O");
    }

    private static bool TryReadText<T>(ReadOnlySpan<byte> source, out T? value)
    {
        if (typeof(T) == typeof(bool))
        {
            value = Utf8Parser.TryParse(source, out bool flag, out int used) && used == source.Length
                ? (T)(object)flag
                : throw new FormatException("Expected true or false.");
            return true;
        }

        if (typeof(T) == typeof(long))
        {
            return Parsed((T)(object)long.Parse(source, NumberStyles.AllowLeadingSign), out value);
        }

        if (typeof(T) == typeof(int))
        {
            return Parsed((T)(object)int.Parse(source, NumberStyles.AllowLeadingSign), out value);
        }

        if (typeof(T) == typeof(ulong))
        {
            return Parsed((T)(object)ulong.Parse(source, NumberStyles.None), out value);
        }

        if (typeof(T) == typeof(uint))
        {
            return Parsed((T)(object)uint.Parse(source, NumberStyles.None), out value);
        }

        if (typeof(T) == typeof(double))
        {
            return Parsed((T)(object)double.Parse(source, NumberStyles.Float), out value);
        }

        if (typeof(T) == typeof(decimal))
        {
            return Parsed((T)(object)decimal.Parse(source, NumberStyles.Float), out value);
        }

        if (typeof(T) == typeof(Guid))
        {
            return Parsed((T)(object)Guid.Parse(source), out value);
        }

        if (typeof(T) == typeof(DateTimeOffset))
        {
            string text = Encoding.UTF8.GetString(source);
            var moment = DateTimeOffset.ParseExact(
                text, "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
            return Parsed((T)(object)moment, out value);
        }

        value = default;
        return false;
    }

    private static bool Format<T>(IBufferWriter<byte> destination, T value, ReadOnlySpan<char> format = default)
        where T : IUtf8SpanFormattable
    {
        value.TryFormat(destination.GetSpan(TextBytesMax), out int written, format, CultureInfo.InvariantCulture);
        destination.Advance(written);
        return true;
    }

    private static bool Parsed<T>(T parsed, out T? value)
    {
        value = parsed;
        return true;
    }
}
