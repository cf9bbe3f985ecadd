using System.Buffers.Binary;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench;

/// <summary>
/// Walks over replies. A reply that is as expected is recognised by the first eight bytes of its header in one
/// comparison, and by its correlation; only what is unusual is looked at closely.
/// </summary>
internal sealed class ReplyReader : IReplyReader
{
    private const int VersionBytes = sizeof(ulong);

    private readonly ValuePattern _value;
    private readonly bool _verify;
    private readonly int _frameBytesMax;
    private readonly int _setSize;
    private readonly int _getSize;
    private readonly ulong _setWord;
    private readonly ulong _getWord;

    /// <param name="verify">Compare the content of values too, not only their length.</param>
    public ReplyReader(ValuePattern value, bool verify, int frameBytesMax)
    {
        _value = value;
        _verify = verify;
        _frameBytesMax = frameBytesMax;
        _setSize = FrameHeader.Size + SetReply.FixedSize;
        _getSize = FrameHeader.Size + VersionBytes + value.SizeBytes;
        _setWord = BenchFrames.WordOf(Opcode.StoreSet, FrameKind.Reply, _setSize);
        _getWord = BenchFrames.WordOf(Opcode.StoreGet, FrameKind.Reply, _getSize);
    }

    public int Read(ReadOnlySpan<byte> bytes, BenchConnection connection, BenchTally tally)
    {
        int at = 0;
        int answered = connection.Answered;
        ReadOnlySpan<uint> plan = connection.Plan.AsSpan(0, connection.Count);
        while (bytes.Length - at >= FrameHeader.Size)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            bool known = (uint)answered < (uint)plan.Length;
            bool read = known && (plan[answered] & BatchEncoder.ReadBit) != 0;
            int size = read ? _getSize : _setSize;
            if (!known || BinaryPrimitives.ReadUInt64LittleEndian(rest) != (read ? _getWord : _setWord))
            {
                size = ReadUnusual(rest, known ? connection.FirstCorrelation + (uint)answered : null, read, tally);
                if (size == 0)
                {
                    break;
                }
            }
            else if (rest.Length < size)
            {
                break;
            }
            else
            {
                Check(rest[..size], connection.FirstCorrelation + (uint)answered, plan[answered], tally);
            }

            at += size;
            answered++;
        }

        connection.Answered = answered;
        return at;
    }

    public int SizeOf(ReadOnlySpan<byte> beginning) => BenchFrames.SizeOf(beginning, _frameBytesMax);

    private void Check(ReadOnlySpan<byte> frame, uint correlation, uint plan, BenchTally tally)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(frame[8..]) != correlation)
        {
            throw OutOfOrder(BinaryPrimitives.ReadUInt32LittleEndian(frame[8..]), correlation);
        }

        ReadOnlySpan<byte> body = frame[FrameHeader.Size..];
        bool wrong = (plan & BatchEncoder.ReadBit) == 0
            ? body[0] != 1
            : _verify && !_value.Matches(body[VersionBytes..], plan & ~BatchEncoder.ReadBit);
        tally.Mismatches += wrong ? 1 : 0;
    }

    // A miss, an error, a value of another length; 0: the frame is not all there yet.
    private int ReadUnusual(ReadOnlySpan<byte> bytes, uint? expected, bool read, BenchTally tally)
    {
        FrameStatus status = FrameHeader.TryRead(bytes, _frameBytesMax, out FrameHeader header);
        if (status != FrameStatus.Complete)
        {
            return 0;
        }

        ReadOnlySpan<byte> body = bytes[FrameHeader.Size..header.TotalSize];
        if (header.Kind == FrameKind.Notice && header.Opcode == Opcode.GoAway)
        {
            throw BenchFrames.GoingAway(body);
        }

        if (expected != header.Correlation)
        {
            throw OutOfOrder(header.Correlation, expected);
        }

        if (header.Kind == FrameKind.Error)
        {
            tally.Errors++;
            tally.FirstError ??= BenchFrames.MessageOf(body);
        }
        else if (read && header.Kind == FrameKind.Reply && body.IsEmpty)
        {
            tally.Misses++;
        }
        else
        {
            tally.Mismatches++;
        }

        return header.TotalSize;
    }

    private static CliFailure OutOfOrder(uint got, uint? expected) => new(
        ExitCode.Refused,
        "protocol",
        $"The server answered request {got} where {expected?.ToString() ?? "nothing"} was next.",
        "the answers to GET and SET come in the order of the requests; is this a Nexo server?");
}
