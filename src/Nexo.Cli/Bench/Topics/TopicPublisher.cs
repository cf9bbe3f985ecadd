using System.Buffers.Binary;

namespace Nexo.Cli.Bench.Topics;

/// <summary>A connection that publishes to its topics in turn: many messages to a send.</summary>
internal sealed class TopicPublisher : TopicConnection
{
    private const int SendBytesMax = 256 * 1_024;

    private readonly PublishTemplate[] _templates;
    private readonly int _firstStream;
    private readonly byte[] _output;
    private int _topic;
    private int _place;

    public TopicPublisher(
        int id,
        BenchLink link,
        ReadinessQueue ready,
        TopicTally tally,
        TopicSession session,
        PublishTemplate[] templates,
        int firstStream,
        TopicConfirms? confirms = null)
        : base(id, link, ready, tally, session, confirms)
    {
        _templates = templates;
        _firstStream = firstStream;
        _output = GC.AllocateUninitializedArray<byte>(
            Math.Max(SendBytesMax, templates.Max(template => template.Frame.Length)), pinned: true);
    }

    /// <summary>Messages that the pace has set free so far.</summary>
    public long Released { get; set; }

    /// <summary>Messages that were sent since the pace began.</summary>
    public long Sent { get; private set; }

    /// <summary>Whether it may send now.</summary>
    public bool CanSend => !HasUnsent && Inbox.Confirms is null or { Room: > 0 };

    /// <summary>Begins to count anew.</summary>
    /// <param name="place">Its turn among those that publish.</param>
    public void BeginPace(int place) => (Released, Sent, _place) = (0, 0, place);

    /// <summary>Sends messages.</summary>
    /// <param name="now">When, for all of them; with a pace each has been due at its own time.</param>
    /// <param name="pace">Null: as fast as it goes.</param>
    /// <returns>How many they were; fewer where one send takes no more.</returns>
    public int Publish(int count, long now, Pace? pace)
    {
        int at = 0;
        int sent = 0;
        count = Math.Min(count, Inbox.Confirms?.Room ?? int.MaxValue);
        while (sent < count)
        {
            PublishTemplate template = _templates[_topic];
            if (_output.Length - at < template.Frame.Length)
            {
                break;
            }

            Span<byte> frame = _output.AsSpan(at, template.Frame.Length);
            template.Frame.CopyTo(frame);
            int stream = _firstStream + _topic;
            long sentAt = pace?.DueAt(Sent + sent, _place) ?? now;
            new TopicMessageHead(sentAt, (uint)stream, Tally.Published[stream]++).Write(frame[template.BodyOffset..]);
            if (Inbox.Confirms is { } confirms)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(frame[template.CorrelationOffset..], confirms.Send(sentAt));
            }

            _topic = _topic + 1 == _templates.Length ? 0 : _topic + 1;
            at += frame.Length;
            sent++;
        }

        Sent += sent;
        if (sent > 0)
        {
            Send(_output.AsSpan(0, at));
        }

        return sent;
    }
}
