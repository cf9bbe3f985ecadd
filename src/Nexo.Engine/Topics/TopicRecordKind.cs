namespace Nexo.Engine.Topics;

/// <summary>
/// Kinds of the records that the topics write. The numbers are on disk: they never change their meaning.
/// </summary>
public enum TopicRecordKind : byte
{
    None = 0,

    /// <summary>The last value of a topic is this; in snapshots too.</summary>
    RetainedSet = 64,

    /// <summary>A topic has no last value any more.</summary>
    RetainedRemoved = 65,

    /// <summary>A binding is this.</summary>
    BindingDefined = 66,

    /// <summary>A binding is gone.</summary>
    BindingRemoved = 67,
}
