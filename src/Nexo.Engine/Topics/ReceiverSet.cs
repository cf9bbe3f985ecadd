using Nexo.Storage;

namespace Nexo.Engine.Topics;

/// <summary>Subscriptions that get the same messages. It never changes: routes of many topics share it.</summary>
internal sealed class ReceiverSet
{
    public static readonly ReceiverSet Empty = new([]);

    public ReceiverSet(TopicSubscriber[] items, ulong hash = 0)
    {
        Items = items;
        Hash = hash;
        WaitsForLog = Array.Exists(items, item => item.Options.WaitsForLog);
        Log = Array.Find(items, static item => item.Options.Log is not null)?.Options.Log;
        NotOwn = Array.Exists(items, item => item.Options.NotOwn) ? Array.FindAll(items, item => item.Options.NotOwn) : [];
    }

    public TopicSubscriber[] Items { get; }

    /// <summary>Those of them that do not want what their owner publishes.</summary>
    public TopicSubscriber[] NotOwn { get; }

    /// <summary>Where some of them log what they take; null: none does.</summary>
    public ILogWriter? Log { get; }

    /// <summary>One of them logs what it takes, and confirms wait for that.</summary>
    public bool WaitsForLog { get; }

    public ulong Hash { get; }

    /// <summary>How many topics hold it, while it is one that is shared. Under the lock of <see cref="ReceiverSets"/>.</summary>
    public int Holders { get; set; }

    /// <summary>The next with the same hash.</summary>
    public ReceiverSet? Next { get; set; }

    /// <summary>How many get a message of this publisher.</summary>
    public int CountFor(TopicOwner? publisher)
    {
        int count = Items.Length;
        if (NotOwn.Length > 0 && publisher != null)
        {
            foreach (TopicSubscriber item in NotOwn)
            {
                count -= ReferenceEquals(item.Options.Owner, publisher) ? 1 : 0;
            }
        }

        return count;
    }
}
