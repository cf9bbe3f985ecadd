using System.Buffers;
using System.Diagnostics;

namespace Nexo.Cli.Bench.Topics;

/// <summary>A connection of the topics' benchmark; one that subscribes is no more than this.</summary>
internal class TopicConnection(
    int id, BenchLink link, ReadinessQueue ready, TopicTally tally, TopicSession session, TopicConfirms? confirms = null)
    : BenchSocket(id, link, ready)
{
    public TopicInbox Inbox { get; } = new(tally) { Confirms = confirms };

    protected TopicTally Tally => tally;

    public void Subscribe(IReadOnlyList<string> filters)
    {
        var output = new ArrayBufferWriter<byte>();
        tally.AnswersAwaited += session.Subscribe(output, filters);
        Send(output.WrittenSpan);
    }

    public void Unsubscribe(IReadOnlyList<string> filters)
    {
        var output = new ArrayBufferWriter<byte>();
        tally.AnswersAwaited += session.Unsubscribe(output, filters);
        Send(output.WrittenSpan);
    }

    /// <summary>Receives once and reads what is whole.</summary>
    /// <param name="shared">Room for what comes.</param>
    public void ReceiveOnce(byte[] shared)
    {
        ReadOnlySpan<byte> bytes = Receive(shared);
        if (!bytes.IsEmpty)
        {
            Inbox.Begin(Stopwatch.GetTimestamp());
            ReadOnlySpan<byte> rest = bytes[session.Read(bytes, Inbox, this)..];
            Inbox.End();
            KeepPartial(rest, rest.IsEmpty ? 0 : session.SizeOf(rest));
        }

        if (HasUnsent)
        {
            SendRest();
        }
    }
}
