# frozen_string_literal: true

# Checks verify.rb against ../vectors.json: ruby check.rb
require "json"
require_relative "verify"

def accepted?(vector)
  headers = vector["headers"].transform_keys(&:downcase)
  verify = TidegateWebhooks.method("verify_#{vector["scheme"]}")
  verify.call(vector["secrets"], headers, vector["body"], now: vector["nowSeconds"])
  true
rescue TidegateWebhooks::Refused
  false
end

file = File.read(File.join(__dir__, "../vectors.json"), encoding: "UTF-8")
vectors = JSON.parse(file)["vectors"].select { |one| one["key"] == "hmac" }
wrong = vectors.reject { |one| accepted?(one) == (one["expected"] == "valid") }
puts "#{vectors.length} vectors, wrong: #{wrong.map { |one| one["name"] }}"
exit(wrong.empty?)
