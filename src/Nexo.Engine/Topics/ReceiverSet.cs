namespace Nexo.Engine.Topics;

/// <summary>Subscriptions that get the same messages. It never changes: routes of many topics share it.</summary>
internal sealed class ReceiverSet
{
    public static readonly ReceiverSet Empty = new([]);

    public ReceiverSet(TopicSubscriber[] items)
    {
        Items = items;
        NotOwn = Array.FindAll(items, item => item.Options.NotOwn);
    }

    public TopicSubscriber[] Items { get; }

    /// <summary>Those of them that do not want what their owner publishes.</summary>
    public TopicSubscriber[] NotOwn { get; }

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
