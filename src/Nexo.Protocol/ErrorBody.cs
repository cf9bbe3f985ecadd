using System.Text;

namespace Nexo.Protocol;

/// <summary>
/// Why a request failed, a subscription ended or a connection is closing. Body, little-endian:
/// <c>[u16 code][u8 retryable 0|1][u8 detailBytes][detail][message, UTF-8, the rest]</c>.
/// </summary>
public readonly ref struct ErrorBody
{
    public required ErrorCode Code { get; init; }

    public required bool Retryable { get; init; }

    /// <summary>For programs, at most 255 bytes; its layout goes with the code. Mostly empty.</summary>
    public ReadOnlySpan<byte> Detail { get; init; }

    /// <summary>UTF-8, for people: what was wrong and what would be right.</summary>
    public required ReadOnlySpan<byte> Message { get; init; }

    public string MessageText => Encoding.UTF8.GetString(Message);

    public static bool TryRead(ReadOnlySpan<byte> body, out ErrorBody error)
    {
        var reader = new BodyReader(body);
        error = default;
        if (!reader.TryReadUInt16(out ushort code)
            || !reader.TryReadByte(out byte retryable)
            || !reader.TryReadByte(out byte detailBytes)
            || !reader.TryReadBytes(detailBytes, out ReadOnlySpan<byte> detail))
        {
            return false;
        }

        error = new ErrorBody
        {
            Code = (ErrorCode)code,
            Retryable = retryable != 0,
            Detail = detail,
            Message = reader.TakeRest(),
        };
        return true;
    }

    /// <summary>Writes the body into the open frame.</summary>
    /// <exception cref="OverflowException"><paramref name="detail"/> has more than 255 bytes.</exception>
    public static void Write(
        FrameBuffer buffer, ErrorCode code, ReadOnlySpan<char> message, ReadOnlySpan<byte> detail = default)
    {
        byte detailBytes = checked((byte)detail.Length);
        buffer.WriteUInt16((ushort)code);
        buffer.WriteByte(ErrorCodes.IsRetryable(code) ? (byte)1 : (byte)0);
        buffer.WriteByte(detailBytes);
        buffer.Write(detail);
        buffer.WriteUtf8(message);
    }

    /// <summary>Writes a whole frame.</summary>
    public static void WriteFrame(
        FrameBuffer buffer, Opcode opcode, FrameKind kind, uint correlation, ErrorCode code, ReadOnlySpan<char> message)
    {
        buffer.Begin(opcode, kind, correlation);
        Write(buffer, code, message);
        buffer.End();
    }
}
