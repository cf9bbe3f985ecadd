namespace Nexo.Engine.Topics;

/// <summary>How a command of the topics ended. An expected refusal is a value here, never an exception.</summary>
public enum TopicStatus : byte
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>The topic breaks a rule: empty, too long, a wildcard in it, not UTF-8, or one of the server's own.</summary>
    TopicInvalid,

    /// <summary>The filter breaks a rule: <c>#</c> not last, <c>a+</c>, a share without a group, an inbox without its name.</summary>
    FilterInvalid,

    /// <summary>The body is too long.</summary>
    BodyTooLarge,

    /// <summary>The time to live is out of its range.</summary>
    TtlOutOfRange,

    /// <summary>There are as many filters as there may be, in all or of this connection.</summary>
    TooManyFilters,

    /// <summary>There are as many retained messages, or bytes of them, as there may be; nothing was published.</summary>
    RetainedFull,

    /// <summary>The disk is full; nothing was published.</summary>
    DiskFull,

    /// <summary>The log has failed; nothing is acknowledged any more.</summary>
    LogFailed,

    /// <summary>The name of a binding, or of its target, is empty, too long, or not UTF-8 without control characters.</summary>
    NameInvalid,

    /// <summary>There is no such binding.</summary>
    BindingNotFound,

    /// <summary>There is another binding under this name.</summary>
    BindingConflict,

    /// <summary>There are as many bindings as there may be.</summary>
    TooManyBindings,

    /// <summary>The target of a binding is not there, and is not made by itself.</summary>
    TargetNotFound,

    /// <summary>
    /// The message was delivered to subscribers, and at least one binding's target did not take it: what was to be kept was
    /// not, so it is not confirmed.
    /// </summary>
    BindingRefused,

    /// <summary>The delay of a will is out of its range, or its session id is too long.</summary>
    WillInvalid,

    /// <summary>The wills of all connections take as much room as they may.</summary>
    WillsFull,

    /// <summary>The process has as much memory as it may have; nothing was changed.</summary>
    OutOfMemory,
}
