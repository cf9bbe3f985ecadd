using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Nexo.Cli.Terminal;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Topics;

/// <summary>
/// One connection's side of topics in the Nexo protocol. Messages are read one after the other as their bytes come, before
/// the frame that they lie in is whole.
/// </summary>
internal sealed class NexoTopicSession(int frameBytesMax) : TopicSession
{
    private const uint Subscription = BenchConnector.GreetingCorrelation + 1;
    private const uint CreditsAtOnce = CreditNotice.CreditsMax / 4;
    private const int CorrelationOffset = FrameHeader.Size - sizeof(uint);

    // Of an item: [u32 bytes][u8 bits][u8 0][u16 topicBytes], then the topic, [u16 blockBytes], the block and the body.
    private const int ItemStartBytes = sizeof(ulong);
    private const int TopicShift = 48;

    // The second word of a usual frame's header: [u16 opcode][u8 kind][u8 flags].
    private static readonly uint Pushed = KindOf(Opcode.TopicSubscribe, FrameKind.Push);
    private static readonly uint Confirmed = KindOf(Opcode.TopicPublish, FrameKind.Reply);

    private uint _nextRequest = Subscription;
    private long _credits;
    private uint _left;

    public override int Subscribe(IBufferWriter<byte> output, IReadOnlyList<string> filters)
    {
        using var buffer = new FrameBuffer();
        if (_nextRequest == Subscription)
        {
            buffer.Begin(Opcode.TopicSubscribe, FrameKind.Request, _nextRequest++);
            new TopicSubscribeRequest { Credits = CreditNotice.CreditsMax }.WriteStart(buffer, (uint)filters.Count);
            WriteAll(buffer, filters);
            buffer.End();
            _credits = CreditNotice.CreditsMax;
        }
        else
        {
            WriteChange(buffer, filters, []);
        }

        output.Write(buffer.Written.Span);
        return 1;
    }

    public override int Unsubscribe(IBufferWriter<byte> output, IReadOnlyList<string> filters)
    {
        using var buffer = new FrameBuffer();
        WriteChange(buffer, [], filters);
        output.Write(buffer.Written.Span);
        return 1;
    }

    public override int Read(ReadOnlySpan<byte> bytes, TopicInbox inbox, BenchSocket connection)
    {
        int at = 0;
        while (true)
        {
            at += _left > 0 ? ReadMessages(bytes[at..], inbox) : 0;
            int size = _left > 0 ? 0 : ReadFrame(bytes[at..], inbox, connection);
            if (size == 0)
            {
                return at;
            }

            at += size;
        }
    }

    public override int SizeOf(ReadOnlySpan<byte> beginning) =>
        _left == 0 ? BenchFrames.SizeOf(beginning, frameBytesMax)
        : beginning.Length < sizeof(uint) ? 0
        : (int)BinaryPrimitives.ReadUInt32LittleEndian(beginning) + sizeof(uint);

    // The messages of a push, as far as they are whole.
    private int ReadMessages(ReadOnlySpan<byte> bytes, TopicInbox inbox)
    {
        int at = 0;
        uint left = _left;
        while (left > 0 && bytes.Length - at >= ItemStartBytes)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            ulong start = BinaryPrimitives.ReadUInt64LittleEndian(rest);
            long size = (long)(uint)start + sizeof(uint);
            if (size > rest.Length)
            {
                break;
            }

            // In the benchmark no message has headers: one that has them is not what was sent, as its length tells.
            int body = ItemStartBytes + (int)(start >> TopicShift) + sizeof(ushort);
            inbox.Message(body <= size ? rest[body..(int)size] : []);
            at += (int)size;
            left--;
        }

        _left = left;
        return at;
    }

    private int ReadFrame(ReadOnlySpan<byte> bytes, TopicInbox inbox, BenchSocket connection)
    {
        if (bytes.Length < FrameHeader.Size)
        {
            return 0;
        }

        uint kind = BinaryPrimitives.ReadUInt32LittleEndian(bytes[FrameHeader.LengthFieldSize..]);
        if (kind == Pushed)
        {
            return BeginPush(bytes, inbox, connection);
        }

        if (kind != Confirmed)
        {
            return LookAt(bytes, inbox, connection);
        }

        if (bytes.Length < FrameHeader.Size + sizeof(ulong))
        {
            return 0;
        }

        inbox.Confirmed(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[CorrelationOffset..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[FrameHeader.Size..]));
        return FrameHeader.Size + sizeof(ulong);
    }

    private int BeginPush(ReadOnlySpan<byte> bytes, TopicInbox inbox, BenchSocket connection)
    {
        if (bytes.Length < TopicPush.FrameStartSize)
        {
            return 0;
        }

        ulong missed = BinaryPrimitives.ReadUInt64LittleEndian(bytes[FrameHeader.Size..]);
        _left = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(FrameHeader.Size + sizeof(ulong))..]);
        inbox.Missed((long)missed);
        _credits -= _left;
        if (_credits <= CreditNotice.CreditsMax - CreditsAtOnce)
        {
            GiveCredits(connection);
        }

        return TopicPush.FrameStartSize;
    }

    private void GiveCredits(BenchSocket connection)
    {
        using var buffer = new FrameBuffer();
        new CreditNotice(CreditsAtOnce).WriteFrame(buffer, Subscription);
        connection.Send(buffer.Written.Span);
        _credits += CreditsAtOnce;
    }

    // 0: it is not all there yet.
    private int LookAt(ReadOnlySpan<byte> bytes, TopicInbox inbox, BenchSocket connection)
    {
        if (FrameHeader.TryRead(bytes, frameBytesMax, out FrameHeader header) != FrameStatus.Complete)
        {
            return 0;
        }

        ReadOnlySpan<byte> body = bytes[FrameHeader.Size..header.TotalSize];
        switch (header.Opcode, header.Kind)
        {
            case (Opcode.TopicSubscribe or Opcode.TopicFilters, FrameKind.Reply):
                inbox.Answered();
                break;
            case (Opcode.Ping, FrameKind.Request):
                AnswerPing(header.Correlation, body, connection);
                break;
            case (Opcode.TopicPublish, FrameKind.Error):
                inbox.Refused(header.Correlation, BenchFrames.MessageOf(body));
                break;
            case (Opcode.Report, FrameKind.Notice) when ReportNotice.TryRead(body, out ReportNotice report):
                inbox.Failed((long)report.Count, $"{report.Error.Code}: {report.Error.MessageText}");
                break;
            case (Opcode.GoAway, FrameKind.Notice):
                throw BenchFrames.GoingAway(body);
            default:
                throw Unexpected(header, body);
        }

        return header.TotalSize;
    }

    private void WriteChange(FrameBuffer buffer, IReadOnlyList<string> added, IReadOnlyList<string> removed)
    {
        buffer.Begin(Opcode.TopicFilters, FrameKind.Request, _nextRequest++);
        buffer.WriteUInt32(Subscription);
        buffer.WriteUInt32((uint)added.Count);
        WriteAll(buffer, added);
        buffer.WriteUInt32((uint)removed.Count);
        WriteAll(buffer, removed);
        buffer.End();
    }

    private static void WriteAll(FrameBuffer buffer, IReadOnlyList<string> filters)
    {
        foreach (string filter in filters)
        {
            buffer.WriteBlob(Encoding.UTF8.GetBytes(filter));
        }
    }

    private static void AnswerPing(uint correlation, ReadOnlySpan<byte> body, BenchSocket connection)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.Ping, FrameKind.Reply, correlation);
        buffer.Write(body);
        buffer.End();
        connection.Send(buffer.Written.Span);
    }

    private static CliFailure Unexpected(FrameHeader header, ReadOnlySpan<byte> body) =>
        header.Kind is FrameKind.Error or FrameKind.End
            ? new CliFailure(
                ExitCode.Refused,
                "refused",
                $"The server {(header.Kind == FrameKind.End ? "ended" : "refused")} a subscription: {BenchFrames.MessageOf(body)}.",
                ErrorBody.TryRead(body, out ErrorBody error) && error.Code == ErrorCode.UnknownOpcode
                    ? "this server has no topics: see nexo info, nexo version"
                    : null)
            : new CliFailure(
                ExitCode.Refused, "protocol", $"The server sent {header.Opcode} {header.Kind}, which was not its turn.");

    private static uint KindOf(Opcode opcode, FrameKind kind) =>
        (uint)(BenchFrames.WordOf(opcode, kind, FrameHeader.Size) >> 32);
}
