using Nexo.Crash.Ledger;

namespace Nexo.Crash.Topics;

/// <summary>A value that was given a life, and what is known of its end.</summary>
/// <param name="Value">What describes it.</param>
/// <param name="Ends">Between these moments.</param>
internal sealed record FleetingValue(string Value, TimeWindow Ends)
{
    public bool IsConfirmed { get; set; }
}

/// <summary>
/// A topic all of whose values have a life: which of them may be there follows from what was confirmed and from the time. Not
/// thread-safe.
/// </summary>
internal sealed class FleetingTopic(string topic)
{
    private readonly List<FleetingValue> _values = [];

    public string Topic => topic;

    /// <summary>A value is sent; its life begins when the server has it, at the latest when it is answered.</summary>
    public FleetingValue Send(string value, long ttlMs)
    {
        var sent = new FleetingValue(value, new TimeWindow(TimeWindow.Now + ttlMs, long.MaxValue));
        _values.Add(sent);
        return sent;
    }

    public void Confirm(FleetingValue sent, long ttlMs)
    {
        int index = _values.IndexOf(sent);
        if (index >= 0)
        {
            _values.RemoveRange(0, index);
            _values[0] = sent with { Ends = sent.Ends with { Until = TimeWindow.Now + ttlMs }, IsConfirmed = true };
        }
    }

    /// <summary>Compares what was found there between two moments.</summary>
    /// <param name="value">Null: nothing.</param>
    /// <param name="endsAt">When it goes, as the server says.</param>
    /// <param name="seen">When it was looked at.</param>
    public Finding? Verify(string? value, long endsAt, TimeWindow seen)
    {
        if (value is null)
        {
            bool mayBeNothing = _values is not [{ IsConfirmed: true }, ..]
                || _values.Exists(known => known.Ends.From - TimeWindow.SlackMs <= seen.Until);
            Finding? lost = mayBeNothing ? null : new Finding(FindingKind.Lost, topic, $"{_values[0].Value} is not there");
            _values.Clear();
            return lost;
        }

        FleetingValue? known = _values.FindLast(known => known.Value == value);
        _values.Clear();
        if (known is null)
        {
            return new Finding(FindingKind.Invented, topic, $"{value} is there, and was not given or is older than what was confirmed");
        }

        _values.Add(known with { Ends = new TimeWindow(endsAt, endsAt), IsConfirmed = true });
        bool isAlive = endsAt + TimeWindow.SlackMs >= seen.From;
        bool endsInTime = endsAt + TimeWindow.SlackMs >= known.Ends.From
            && (known.Ends.Until == long.MaxValue || endsAt - TimeWindow.SlackMs <= known.Ends.Until);
        return isAlive && endsInTime
            ? null
            : new Finding(
                FindingKind.Expiry,
                topic,
                $"{value} is there at {seen.From} and ends at {endsAt}, not between {known.Ends.From} and {known.Ends.Until}");
    }
}
