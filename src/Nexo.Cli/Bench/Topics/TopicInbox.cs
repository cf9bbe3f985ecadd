namespace Nexo.Cli.Bench.Topics;

/// <summary>
/// Where what a connection reads is counted: each stream's messages must come in their order, each once.
/// </summary>
internal sealed class TopicInbox(TopicTally tally)
{
    // Streams by the page: a subscriber that gets a few of very many has room for few.
    private const int PageBits = 10;
    private const int PageSize = 1 << PageBits;

    private readonly uint[]?[] _next = new uint[(tally.Published.Length + PageSize - 1) >> PageBits][];
    private long _now;
    private long _runSentAt;
    private int _run;
    private long _delivered;
    private long _gaps;
    private long _missed;

    /// <summary>What this connection has sent to be confirmed; null: nothing.</summary>
    public TopicConfirms? Confirms { get; init; }

    /// <summary>Messages that have come, or do not come any more as far as is known.</summary>
    public long Progress => _delivered + Math.Max(_gaps, _missed);

    /// <summary>Begins what one read has brought: all of it became known at the same time.</summary>
    public void Begin(long now)
    {
        _now = now;
        tally.HeardAt = now;
    }

    /// <summary>One message.</summary>
    public void Message(ReadOnlySpan<byte> body)
    {
        if (body.Length != tally.BodyBytes)
        {
            tally.Mismatches++;
            return;
        }

        TopicMessageHead head = TopicMessageHead.Read(body);
        if (head.Stream >= (uint)tally.Published.Length)
        {
            tally.Mismatches++;
            return;
        }

        ref uint next = ref Next(head.Stream);
        if (head.Number == next)
        {
            next++;
        }
        else
        {
            Misplaced(ref next, head.Number);
        }

        // What was sent together and comes together is one entry of the histogram.
        if (head.SentAt != _runSentAt)
        {
            EndRun();
            _runSentAt = head.SentAt;
        }

        _run++;
    }

    /// <summary>The server has answered a subscribe or an unsubscribe.</summary>
    public void Answered() => tally.AnswersAwaited--;

    /// <summary>The server says that it has dropped messages.</summary>
    public void Missed(long messages)
    {
        _missed += messages;
        tally.Missed += messages;
    }

    /// <summary>The server has confirmed a message.</summary>
    /// <param name="correlation">The number that it was sent with.</param>
    /// <param name="receivers">To how many subscriptions it went.</param>
    public void Confirmed(uint correlation, uint receivers) => Confirms?.Confirm(correlation, receivers, _now);

    /// <summary>The server has refused a message that it was to confirm.</summary>
    public void Refused(uint correlation, string error) => Confirms?.Refuse(correlation, error);

    /// <summary>The server tells of messages that it has refused.</summary>
    public void Failed(long messages, string error) => tally.Fail(messages, error);

    /// <summary>Ends what one read has brought.</summary>
    public void End() => EndRun();

    /// <summary>How many messages of a stream are behind: the number of the next one.</summary>
    public uint NextOf(int stream) => _next[stream >> PageBits] is { } page ? page[stream & (PageSize - 1)] : 0;

    private ref uint Next(uint stream)
    {
        uint[] page = _next[stream >> PageBits] ??= new uint[PageSize];
        return ref page[stream & (PageSize - 1)];
    }

    private void Misplaced(ref uint next, uint number)
    {
        if (number > next)
        {
            tally.Gaps += number - next;
            _gaps += number - next;
            next = number + 1;
        }
        else
        {
            tally.Repeated++;
            _delivered--;
        }
    }

    private void EndRun()
    {
        if (_run > 0)
        {
            tally.Record(_now - _runSentAt, _run);
            tally.AddDelivered(_run, _now);
            _delivered += _run;
            _run = 0;
        }
    }
}
