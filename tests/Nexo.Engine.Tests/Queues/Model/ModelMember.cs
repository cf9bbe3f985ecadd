namespace Nexo.Engine.Tests.Queues.Model;

/// <summary>
/// One that stands in the ring of a priority: a group, by its oldest message, or (with an empty name) all the messages
/// without one.
/// </summary>
/// <param name="Priority">Of its head.</param>
/// <param name="Group">Empty: messages without a group.</param>
/// <param name="Head">The message that would be next.</param>
/// <param name="Must">False: it may be served, but the rules leave open whether it must.</param>
internal sealed record ModelMember(int Priority, string Group, ModelMessage Head, bool Must);
