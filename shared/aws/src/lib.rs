//! The queues on SQS, the Parameter Store, and the nightly rule of EventBridge.
