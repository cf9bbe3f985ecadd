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
    public void Missed(long messages) => tally.Missed += messages;

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
            next = number + 1;
        }
        else
        {
            tally.Repeated++;
        }
    }

    private void EndRun()
    {
        if (_run > 0)
        {
            tally.Record(_now - _runSentAt, _run);
            tally.AddDelivered(_run, _now);
            _run = 0;
        }
    }
}
