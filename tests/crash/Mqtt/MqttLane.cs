using System.Globalization;
using System.Text;
using Nexo.Crash.Ledger;

namespace Nexo.Crash.Mqtt;

/// <summary>A message that a publisher has sent and of which it does not know yet that the server has it.</summary>
internal sealed class SentMessage(ushort id, ulong number, int quality)
{
    public ushort Id => id;

    public ulong Number => number;

    public int Quality => quality;

    /// <summary>The server has it, and is told that its id will be another message's.</summary>
    public bool IsReleasing { get; set; }
}

/// <summary>
/// The ledger of one topic with one publisher and one subscriber, both with sessions that last and memories that survive the server: what
/// was sent, what was confirmed, and what has come, and how often. Thread-safe.
/// </summary>
internal sealed class MqttLane(int number)
{
    private const int FindingsMax = 5;

    private readonly Lock _gate = new();
    private readonly List<Finding> _findings = [];
    private readonly HashSet<ushort> _held = [];

    // By number, since the last comparison.
    private readonly SortedDictionary<ulong, int> _sent = [];
    private readonly SortedDictionary<ulong, int> _came = [];
    private ulong _last;
    private ulong _lastExactly;

    public string Topic => $"lane{number}/messages";

    public string Publisher => $"publisher{number}";

    public string Subscriber => $"subscriber{number}";

    /// <summary>The publisher's memory, in the order in which they were sent first.</summary>
    public List<SentMessage> Outgoing { get; } = [];

    /// <summary>The server has confirmed it: from then on the session is there.</summary>
    public bool HasSubscribed { get; set; }

    public bool HasPublished { get; set; }

    public long Confirmed { get; private set; }

    public long Compared { get; private set; }

    /// <summary>Messages that came a second time although they were at least once, which they may.</summary>
    public long Again { get; private set; }

    /// <summary>The next message of the publisher.</summary>
    public SentMessage Next(int quality)
    {
        lock (_gate)
        {
            ushort id = 1;
            while (Outgoing.Exists(sent => sent.Id == id))
            {
                id++;
            }

            var next = new SentMessage(id, ++_last, quality);
            Outgoing.Add(next);
            _sent.Add(next.Number, quality);
            return next;
        }
    }

    public static byte[] BodyOf(ulong message) =>
        Encoding.ASCII.GetBytes(message.ToString(CultureInfo.InvariantCulture).PadRight(20 + (int)(message % 200), '.'));

    /// <summary>The publisher need not care for it any more.</summary>
    public void Confirm(SentMessage sent)
    {
        lock (_gate)
        {
            Outgoing.Remove(sent);
            Confirmed++;
        }
    }

    /// <summary>Something came to the subscriber. Exactly once: only if its id is not one that it holds already.</summary>
    public ulong Take(ReadOnlySpan<byte> body, int quality, ushort id)
    {
        lock (_gate)
        {
            if (!ulong.TryParse(Encoding.ASCII.GetString(body).TrimEnd('.'), CultureInfo.InvariantCulture, out ulong message)
                || !body.SequenceEqual(BodyOf(message)))
            {
                Report(FindingKind.Corrupted, $"{Convert.ToHexString(body[..Math.Min(20, body.Length)])} came");
                return 0;
            }

            if (quality == 2 && !_held.Add(id))
            {
                return message;
            }

            if (!_sent.TryGetValue(message, out int expected) || expected != quality)
            {
                Report(FindingKind.Invented, $"message {message} came with QoS {quality}, and was not sent so or came before");
            }

            int times = _came.GetValueOrDefault(message) + 1;
            _came[message] = times;
            if (times > 1 && quality == 2)
            {
                Report(FindingKind.Twice, $"message {message} came {times} times");
            }

            Again += times > 1 ? 1 : 0;
            if (quality == 2 && message < _lastExactly)
            {
                Report(FindingKind.Order, $"message {message} came behind {_lastExactly}");
            }

            _lastExactly = quality == 2 ? Math.Max(_lastExactly, message) : _lastExactly;
            return message;
        }
    }

    /// <summary>The subscriber may forget an id.</summary>
    public void Forget(ushort id)
    {
        lock (_gate)
        {
            _held.Remove(id);
        }
    }

    public void ForgetAll()
    {
        lock (_gate)
        {
            _held.Clear();
        }
    }

    /// <summary>Messages that it has, and whose ids it was not told to forget.</summary>
    public bool HoldsIds
    {
        get
        {
            lock (_gate)
            {
                return _held.Count > 0;
            }
        }
    }

    public void Report(FindingKind kind, string text)
    {
        lock (_gate)
        {
            if (_findings.Count < FindingsMax)
            {
                _findings.Add(new Finding(kind, Topic, text));
            }
        }
    }

    /// <summary>Everything has been confirmed, and everything has come: compares, and begins anew.</summary>
    public void Compare()
    {
        lock (_gate)
        {
            foreach ((ulong message, int quality) in _sent)
            {
                int times = _came.GetValueOrDefault(message);
                if (times == 0)
                {
                    Report(FindingKind.Lost, $"message {message} with QoS {quality} was confirmed and has not come");
                }
            }

            Compared += _sent.Count;
            _sent.Clear();
            _came.Clear();
        }
    }

    public IReadOnlyList<Finding> TakeFindings()
    {
        lock (_gate)
        {
            List<Finding> all = [.. _findings];
            _findings.Clear();
            return all;
        }
    }
}
