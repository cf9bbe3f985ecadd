namespace Nexo.Engine.Topics;

/// <summary>How surely a message is to arrive, as its publisher said; a subscription may ask for less.</summary>
public enum TopicQos : byte
{
    /// <summary>The publisher's protocol has no word for it.</summary>
    Unspecified = 0,
    AtMostOnce = 1,
    AtLeastOnce = 2,
    ExactlyOnce = 3,
}
