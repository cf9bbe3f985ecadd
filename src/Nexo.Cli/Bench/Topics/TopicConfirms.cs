using Nexo.Cli.Terminal;

namespace Nexo.Cli.Bench.Topics;

/// <summary>What a publisher has sent to be confirmed, in its order.</summary>
/// <param name="window">Messages that may be unconfirmed.</param>
/// <param name="receivers">How many a confirm is to tell.</param>
internal sealed class TopicConfirms(TopicTally tally, int window, int receivers)
{
    private readonly long[] _sentAt = new long[window];
    private uint _oldest = BenchConnector.GreetingCorrelation + 1;
    private uint _next = BenchConnector.GreetingCorrelation + 1;

    /// <summary>How many more may be sent now.</summary>
    public int Room => window - (int)(_next - _oldest);

    /// <summary>A message is being sent.</summary>
    /// <param name="sentAt">When, or when it was due.</param>
    /// <returns>Its correlation.</returns>
    public uint Send(long sentAt)
    {
        _sentAt[_next % (uint)window] = sentAt;
        tally.Unconfirmed++;
        return _next++;
    }

    /// <summary>The server has confirmed a message.</summary>
    /// <param name="correlation">Which.</param>
    /// <param name="receivers">To how many subscriptions it went.</param>
    /// <param name="now">When it became known.</param>
    public void Confirm(uint correlation, uint receivers, long now)
    {
        tally.RecordConfirm(now - Take(correlation));
        tally.Mismatches += receivers == Receivers ? 0 : 1;
    }

    /// <summary>The server has refused a message.</summary>
    public void Refuse(uint correlation, string error)
    {
        _ = Take(correlation);
        tally.Fail(1, error);
    }

    private uint Receivers { get; } = (uint)receivers;

    private long Take(uint correlation)
    {
        if (correlation != _oldest || _oldest == _next)
        {
            throw new CliFailure(
                ExitCode.Refused,
                "protocol",
                $"The server answered request {correlation} where {(_oldest == _next ? "nothing" : $"{_oldest}")} was next.",
                "the answers of a connection come in the order of its requests; is this a Nexo server?");
        }

        tally.Unconfirmed--;
        return _sentAt[_oldest++ % (uint)window];
    }
}
